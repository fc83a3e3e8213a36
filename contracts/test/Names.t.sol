// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

// A name service for test/registry/ens.test.ts: the registry of EIP-137, and resolvers besides the makers' own.

/// @notice Who owns each name, and which contract answers for it. The owner of the root is in its storage.
contract NameRegistry {
    struct Record {
        address owner;
        address resolver;
    }

    mapping(bytes32 node => Record) private records;

    modifier authorised(bytes32 node) {
        require(records[node].owner == msg.sender, "not the owner");
        _;
    }

    function setSubnodeOwner(bytes32 node, bytes32 label, address owner_) external authorised(node) returns (bytes32) {
        bytes32 subnode = keccak256(abi.encode(node, label));
        records[subnode].owner = owner_;
        return subnode;
    }

    function setResolver(bytes32 node, address resolver_) external authorised(node) {
        records[node].resolver = resolver_;
    }

    function owner(bytes32 node) external view returns (address) {
        return records[node].owner;
    }

    function resolver(bytes32 node) external view returns (address) {
        return records[node].resolver;
    }

    function isApprovedForAll(address, address) external pure returns (bool) {
        return false;
    }
}

/// @notice Answers for every name below its own with one address (ENSIP-10).
contract WildcardResolver {
    address private immutable ANSWER;

    constructor(address answer) {
        ANSWER = answer;
    }

    function supportsInterface(bytes4 id) external pure returns (bool) {
        return id == 0x9061b923;
    }

    function resolve(bytes calldata, bytes calldata data) external view returns (bytes memory) {
        return bytes4(data) == bytes4(keccak256("addr(bytes32)"))
            ? abi.encode(ANSWER)
            : abi.encode(abi.encodePacked(ANSWER));
    }
}

/// @notice Says that a gateway knows (ERC-3668).
contract OffchainResolver {
    error OffchainLookup(address sender, string[] urls, bytes callData, bytes4 callback, bytes extraData);

    function supportsInterface(bytes4 id) external pure returns (bool) {
        return id == 0x9061b923;
    }

    function resolve(bytes calldata, bytes calldata data) external view returns (bytes memory) {
        string[] memory urls = new string[](1);
        urls[0] = "http://127.0.0.1:9/{sender}/{data}.json";
        revert OffchainLookup(address(this), urls, data, this.resolve.selector, "");
    }
}
