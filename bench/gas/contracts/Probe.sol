// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Probe
/// @notice What a contract pays to read another one, that nothing in the transaction has met before.
contract Probe {
    /// @notice The gas of one static call, the 2,600 of a cold address (EIP-2929) included; decoding is not.
    function read(address target, bytes memory data) external view returns (uint256 cost, bytes memory answer) {
        bool succeeded;
        assembly ("memory-safe") {
            let before := gas()
            succeeded := staticcall(gas(), target, add(data, 0x20), mload(data), 0, 0)
            cost := sub(before, gas())
            answer := mload(0x40)
            mstore(answer, returndatasize())
            returndatacopy(add(answer, 0x20), 0, returndatasize())
            mstore(0x40, and(add(add(answer, returndatasize()), 0x3f), not(0x1f)))
        }
        require(succeeded, "the target reverted");
    }
}
