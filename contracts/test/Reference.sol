// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @notice What an editor or a publisher signs so that another may send it.
struct Publish {
    address publisher;
    address editor;
    bytes32 ref;
    bytes32 digest;
    bytes32 parent;
    bytes32 tree;
    uint256 deadline;
}

/// @notice The format of the registry, written down a second time from the interface alone. Slow and plain on purpose:
/// it shares no line with the contract.
library Reference {
    function leafOf(bytes32 digest) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(hex"01", hex"8004", hex"12", hex"20", digest));
    }

    function nodeOf(bytes32 a, bytes32 b) internal pure returns (bytes32) {
        return a < b ? keccak256(abi.encodePacked(a, b)) : keccak256(abi.encodePacked(b, a));
    }

    /// @notice Where the record of a document is, or of an edition with its tree.
    function keyOf(bytes32 digest, bytes32 tree) internal pure returns (bytes32) {
        return tree == 0 ? leafOf(digest) : nodeOf(leafOf(digest), tree);
    }

    function recordSlot(address publisher, bytes32 node) internal pure returns (bytes32) {
        return keccak256(abi.encode(node, keccak256(abi.encode(publisher, uint256(0)))));
    }

    function headSlot(address publisher, bytes32 ref) internal pure returns (bytes32) {
        return keccak256(abi.encode(ref, keccak256(abi.encode(publisher, uint256(1)))));
    }

    function editorSlot(address publisher, address editor) internal pure returns (bytes32) {
        return keccak256(abi.encode(editor, keccak256(abi.encode(publisher, uint256(2)))));
    }

    /// @notice The 32 bytes to sign for a message, on a chain and for a contract (EIP-712).
    function hashOf(Publish memory message, uint256 chainId, address registry) internal pure returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("TrendRegistry"),
                keccak256("1"),
                chainId,
                registry
            )
        );
        return keccak256(abi.encodePacked(bytes2(0x1901), domain, structHash(message)));
    }

    function structHash(Publish memory message) internal pure returns (bytes32) {
        bytes32 typeHash = keccak256(
            bytes.concat(
                "Publish(address publisher,address editor,bytes32 ref,bytes32 digest,",
                "bytes32 parent,bytes32 tree,uint256 deadline)"
            )
        );
        // A struct without members of dynamic size is encoded as its members are.
        return keccak256(bytes.concat(typeHash, abi.encode(message)));
    }
}
