// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Vm} from "./Vm.sol";

/// @notice What a Solidity test needs: the cheat codes, and assertions that say what differs.
abstract contract Test {
    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    // The comparison is made here: only a failure is worth a call.

    function assertEq(uint256 actual, uint256 expected, string memory reason) internal pure {
        if (actual != expected) vm.assertEq(actual, expected, reason);
    }

    function assertEq(address actual, address expected, string memory reason) internal pure {
        if (actual != expected) vm.assertEq(actual, expected, reason);
    }

    function assertEq(bytes32 actual, bytes32 expected, string memory reason) internal pure {
        if (actual != expected) vm.assertEq(actual, expected, reason);
    }

    function assertEq(bytes memory actual, bytes memory expected, string memory reason) internal pure {
        if (keccak256(actual) != keccak256(expected)) vm.assertEq(actual, expected, reason);
    }

    function assertTrue(bool condition, string memory reason) internal pure {
        if (!condition) vm.assertTrue(condition, reason);
    }

    function assertAtMost(uint256 actual, uint256 bar, string memory reason) internal pure {
        // Shown as an inequality of numbers, not as "false".
        if (actual > bar) vm.assertEq(actual, bar, reason);
    }

    /// @notice A number from `low` to `high`, both included, for any input. The ends come up more often than by chance.
    function bound(uint256 input, uint256 low, uint256 high) internal pure returns (uint256) {
        if (low <= input && input <= high) return input;
        uint256 size = high - low + 1;
        if (size == 0) return input;
        uint256 step = input % (size > type(uint256).max - 3 ? size : size + 2);
        if (step >= size) return step == size ? low : high;
        return low + step;
    }

    /// @notice Puts the code on the chain that is shipped, not what the settings of the tests would make of the source.
    function deploy(string memory artifact) internal returns (address deployed) {
        bytes memory creation = vm.getCode(artifact);
        assembly ("memory-safe") {
            deployed := create(0, add(creation, 0x20), mload(creation))
        }
        assertTrue(deployed != address(0), "the code was not deployed");
    }
}
