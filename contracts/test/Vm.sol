// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @notice The cheat codes these tests use: those that Hardhat's EVM and forge both know.
/// @dev Declared `pure` or `view` where that is how the tests see them, as forge-std does.
interface Vm {
    struct Log {
        bytes32[] topics;
        bytes data;
        address emitter;
    }

    struct Gas {
        uint64 gasLimit;
        uint64 gasTotalUsed;
        uint64 gasMemoryUsed;
        int64 gasRefunded;
        uint64 gasRemaining;
    }

    /* THE CHAIN */

    function warp(uint256 timestamp) external;
    function chainId(uint256 id) external;
    function etch(address account, bytes calldata code) external;
    function deal(address account, uint256 balance) external;
    function load(address account, bytes32 slot) external view returns (bytes32);
    function store(address account, bytes32 slot, bytes32 word) external;

    /* CALLS */

    function prank(address sender) external;
    function expectRevert(bytes calldata data) external;
    function recordLogs() external;
    function getRecordedLogs() external returns (Log[] memory);
    function lastCallGas() external view returns (Gas memory);
    function record() external;
    function accesses(address account) external returns (bytes32[] memory reads, bytes32[] memory writes);

    /* ACCOUNTS */

    function addr(uint256 key) external pure returns (address);
    function sign(uint256 key, bytes32 digest) external pure returns (uint8 v, bytes32 r, bytes32 s);

    /* THE TESTS THEMSELVES */

    function assume(bool condition) external pure;
    function getCode(string calldata artifact) external view returns (bytes memory creation);
    function assertTrue(bool condition, string calldata reason) external pure;
    function assertEq(uint256 actual, uint256 expected, string calldata reason) external pure;
    function assertEq(address actual, address expected, string calldata reason) external pure;
    function assertEq(bytes32 actual, bytes32 expected, string calldata reason) external pure;
    function assertEq(bytes calldata actual, bytes calldata expected, string calldata reason) external pure;
}
