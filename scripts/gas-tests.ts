/**
 * The tests that hold gas to a bar: a file of them, and a word in the names of others. They are left out where other
 * code is run than is shipped: measured code costs more, and a mistake is not found for being dear.
 */
export const GAS_TESTS = { file: 'contracts/test/Gas.t.sol', named: 'Costs' }
