// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {Multicallable} from "solady/src/utils/Multicallable.sol";

import {ITrendRegistry, Record} from "./ITrendRegistry.sol";

/// @title TrendRegistry
/// @notice No owner, no upgrade, no fee: what is written here stays as it was written.
contract TrendRegistry is ITrendRegistry, Multicallable {
    /* CONSTANTS */

    bytes32 private constant DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");

    bytes32 private constant PUBLISH_TYPEHASH = keccak256(
        "Publish(address publisher,address editor,bytes32 ref,bytes32 digest,bytes32 parent,bytes32 tree,uint256 deadline)"
    );

    /// @dev CIDv1, codec json (0x0200 as a varint), sha2-256, 32 bytes.
    bytes5 private constant CID_PREFIX = 0x0180041220;

    /* STORAGE */

    // The order of these three is part of the interface.

    /// @inheritdoc ITrendRegistry
    mapping(address publisher => mapping(bytes32 node => Record)) public records;

    /// @inheritdoc ITrendRegistry
    mapping(address publisher => mapping(bytes32 ref => bytes32 digest)) public heads;

    /// @inheritdoc ITrendRegistry
    mapping(address publisher => mapping(address editor => uint256 until)) public editors;

    /* WRITING */

    /// @inheritdoc ITrendRegistry
    function publish(address publisher, bytes32 ref, bytes32 digest, bytes32 parent, bytes32 tree) external {
        _publish(publisher, ref, digest, parent, tree, msg.sender);
    }

    /// @inheritdoc ITrendRegistry
    function publishFor(
        address publisher,
        bytes32 ref,
        bytes32 digest,
        bytes32 parent,
        bytes32 tree,
        uint256 deadline,
        address editor,
        bytes calldata signature
    ) external {
        if (block.timestamp > deadline) revert Expired(deadline);

        bytes32 message =
            keccak256(abi.encode(PUBLISH_TYPEHASH, publisher, editor, ref, digest, parent, tree, deadline));
        bytes32 signed = keccak256(abi.encodePacked(hex"1901", _domainSeparator(), message));
        if (!SignatureChecker.isValidSignatureNowCalldata(editor, signed, signature)) revert BadSignature(editor);

        _publish(publisher, ref, digest, parent, tree, editor);
    }

    /// @inheritdoc ITrendRegistry
    function point(address publisher, bytes32 ref, bytes32 digest, bytes32 parent) external {
        if (ref == 0) revert ZeroRef(digest);
        if (digest == 0 && msg.sender != publisher) revert ZeroDigest(ref);
        _authorize(publisher, msg.sender);

        _point(publisher, ref, digest, parent);

        emit Pointed(publisher, ref, digest);
    }

    /// @inheritdoc ITrendRegistry
    function retract(bytes32 node) external {
        Record storage record = records[msg.sender][node];
        if (record.retractedAt != 0) revert AlreadyRetracted(node);

        // Safe cast: 40 bits of seconds last past the year 36,000.
        record.retractedAt = uint40(block.timestamp);

        emit Retracted(msg.sender, node);
    }

    /// @inheritdoc ITrendRegistry
    function setEditor(address editor, uint256 until) external {
        editors[msg.sender][editor] = until;

        emit EditorSet(msg.sender, editor, until);
    }

    /// @inheritdoc ITrendRegistry
    /// @dev Nothing here takes value and the caller survives a delegate call, so calls are as safe together as alone.
    function multicall(bytes[] calldata data)
        public
        payable
        override(ITrendRegistry, Multicallable)
        returns (bytes[] memory)
    {
        return super.multicall(data);
    }

    /* READING */

    /// @inheritdoc ITrendRegistry
    function verify(address publisher, bytes32 digest, bytes32[] calldata proof)
        external
        view
        returns (uint256 publishedAt, uint256 retractedAt, address editor)
    {
        bytes32 leaf = _leaf(digest);
        Record storage record = records[publisher][MerkleProof.processProofCalldata(proof, leaf)];
        (publishedAt, retractedAt, editor) = (record.publishedAt, record.retractedAt, record.editor);

        if (retractedAt == 0 && proof.length != 0) retractedAt = records[publisher][leaf].retractedAt;
        if (retractedAt == 0 && editor != publisher && publishedAt > editors[publisher][editor]) {
            retractedAt = publishedAt;
        }
    }

    /// @inheritdoc ITrendRegistry
    function leafOf(bytes32 digest) external pure returns (bytes32) {
        return _leaf(digest);
    }

    /* INTERNAL */

    function _publish(
        address publisher,
        bytes32 ref,
        bytes32 digest,
        bytes32 parent,
        bytes32 tree,
        address editor
    ) private {
        if (digest == 0) revert ZeroDigest(ref);
        _authorize(publisher, editor);

        bytes32 node = _leaf(digest);
        if (tree != 0) node = Hashes.commutativeKeccak256(node, tree);

        Record storage record = records[publisher][node];
        if ((record.publishedAt | record.retractedAt) != 0) revert AlreadyRecorded(node);
        (record.publishedAt, record.editor) = (uint40(block.timestamp), editor);

        if (ref != 0) _point(publisher, ref, digest, parent);

        emit Published(publisher, ref, digest, tree);
    }

    function _point(address publisher, bytes32 ref, bytes32 digest, bytes32 parent) private {
        bytes32 head = heads[publisher][ref];
        if (head != parent) revert StaleParent(ref, head);

        heads[publisher][ref] = digest;
    }

    /// @dev The second `until` itself is still in time.
    function _authorize(address publisher, address account) private view {
        if (account == publisher) return;
        if (block.timestamp > editors[publisher][account]) revert NotEditor(publisher, account);
    }

    /// @dev Computed anew each time: an immutable would make the code differ from chain to chain, and a cached value
    /// would be wrong after a fork.
    function _domainSeparator() private view returns (bytes32) {
        return keccak256(
            abi.encode(
                DOMAIN_TYPEHASH, keccak256("TrendRegistry"), keccak256("1"), block.chainid, address(this)
            )
        );
    }

    /// @dev 160 gas cheaper than `abi.encodePacked`, which allocates; 37 bytes fit the scratch space.
    function _leaf(bytes32 digest) private pure returns (bytes32 leaf) {
        bytes5 prefix = CID_PREFIX;
        assembly ("memory-safe") {
            mstore(0x00, prefix)
            mstore(0x05, digest)
            leaf := keccak256(0x00, 0x25)
        }
    }
}
