// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title EnsOwners
/// @notice The least of an ENS registry that a resolver needs: who owns a node.
/// @dev The package of the resolver has the registry's interface only. The real one does more for each answer, so this
/// flatters the resolver, if anyone.
contract EnsOwners {
    mapping(bytes32 node => address) public owner;

    function setOwner(bytes32[] calldata nodes, address account) external {
        for (uint256 i; i < nodes.length; ++i) owner[nodes[i]] = account;
    }
}
