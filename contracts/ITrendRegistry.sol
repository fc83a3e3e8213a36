// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @notice What a publisher said of a node, and when. One storage slot.
/// @param publishedAt The block time of the publication in seconds; 0: never published.
/// @param retractedAt The block time of the retraction in seconds; 0: not retracted. Never cleared.
/// @param editor The account that published: the publisher, or an editor of theirs.
struct Record {
    uint40 publishedAt;
    uint40 retractedAt;
    address editor;
}

/// @title ITrendRegistry
/// @notice Git refs for IPFS. A publisher, which is an account, has two things here: write-once *records* ("I published
/// this by then") and movable *refs* ("this name means that document now"). There is no owner, no fee, no upgrade and
/// no global name.
/// @dev A document is named by its digest: the sha2-256 digest inside its CIDv1 (codec json, 0x0200).
///
///     leaf = keccak256(01 8004 12 20 ‖ digest)         the 37 bytes of the binary CID
///     node = keccak256(the smaller ‖ the larger)       64 bytes
///     key  = leaf, or node(leaf, tree) where `tree` is the root over the leaves of further documents
///
/// A leaf hashes 37 bytes and a node 64, so no leaf can be passed off as a node, nor a node as a leaf.
///
/// Storage is part of the interface, because state proofs read it: `records` is slot 0, `heads` slot 1 and `editors`
/// slot 2, each a mapping of a mapping with the publisher first. Nothing is immutable and nothing is set at
/// construction, so the code is the same, byte for byte, on every chain.
///
/// Whoever relies on this contract assumes that:
/// - sha2-256 and keccak-256 resist collisions and second preimages;
/// - the chain's time is near enough to that of the world, and the block it is read at stays;
/// - the publisher's key is theirs; the account is the identity, and no key can be exchanged here. Let a contract
///   wallet be the publisher where that matters;
/// - a contract account answers `isValidSignature` for what its owners approved, and for nothing else;
/// - a document that is listed in a `tree` can be checked against that tree, which is to say that someone keeps the
///   list;
/// - nobody rewrites the history of the chain.
interface ITrendRegistry {
    /* EVENTS */

    /// @notice `publisher` published `digest`, with the documents under `tree` if that is not 0.
    /// @dev With a `ref` other than 0 the ref names `digest` now. No {Pointed} is emitted for that.
    event Published(address indexed publisher, bytes32 indexed ref, bytes32 indexed digest, bytes32 tree);

    /// @notice `ref` of `publisher` names `digest` now, or nothing if that is 0.
    event Pointed(address indexed publisher, bytes32 indexed ref, bytes32 indexed digest);

    /// @notice `publisher` took back what is recorded, or will be, under `node`.
    event Retracted(address indexed publisher, bytes32 indexed node);

    /// @notice `editor` may publish for `publisher` up to and including the second `until`.
    event EditorSet(address indexed publisher, address indexed editor, uint256 until);

    /* ERRORS */

    /// @notice `account` is neither `publisher` nor an editor of theirs at this time.
    error NotEditor(address publisher, address account);

    /// @notice `node` was published before, or retracted before it could be published.
    error AlreadyRecorded(bytes32 node);

    /// @notice `node` was retracted before.
    error AlreadyRetracted(bytes32 node);

    /// @notice `ref` names `head`, not the parent that was given.
    error StaleParent(bytes32 ref, bytes32 head);

    /// @notice The signature was good until `deadline`.
    error Expired(uint256 deadline);

    /// @notice `editor` did not sign this.
    error BadSignature(address editor);

    /// @notice The ref 0 is no ref, so it cannot be made to name `digest`.
    error ZeroRef(bytes32 digest);

    /// @notice The digest 0 is no document, and only the publisher deletes a `ref`.
    error ZeroDigest(bytes32 ref);

    /* WRITING */

    /// @notice Records `digest`, and the documents under `tree` if any, and makes `ref` name `digest`.
    /// @dev Warning: whether the document exists, is well formed or can be fetched is not known here.
    /// @dev Warning: a digest is public before its transaction is mined, and another account may publish it too; but
    /// only under its own name. The document says within the digest who its publisher is.
    /// @dev Warning: `parent` is ignored where `ref` is 0.
    /// @dev Warning: a document listed under `tree` is not named by any ref for that.
    /// @param publisher The account to publish for: the caller, or one whose editor the caller is.
    /// @param ref The name to move, within the publisher's own; 0 moves none.
    /// @param digest The document. Not 0.
    /// @param parent What `ref` names now, 0 for nothing: a lost update reverts, it does not overwrite.
    /// @param tree The root over the leaves of the documents that come along; 0 for none.
    function publish(address publisher, bytes32 ref, bytes32 digest, bytes32 parent, bytes32 tree) external;

    /// @notice As {publish}, sent by anyone who has the signature of the publisher or of an editor.
    /// @dev EIP-712, domain `TrendRegistry` version `1` with chain id and contract, type
    /// `Publish(address publisher,address editor,bytes32 ref,bytes32 digest,bytes32 parent,bytes32 tree,uint256 deadline)`.
    /// An account with code is asked by ERC-1271; any other signs 65 bytes with a low s.
    /// @dev No nonce: a record is written once, so a signature works once.
    /// @dev Warning: a signature that was not sent lives until its deadline. {retract} of its key burns it, and so does
    /// the end of its editor; making that account an editor again revives it.
    /// @dev Warning: `parent` cannot tell a ref that was moved away and back from one that was never moved.
    /// @dev Warning: a relayer pays in vain when another relays the same signature first.
    /// @param publisher See {publish}.
    /// @param ref See {publish}.
    /// @param digest See {publish}.
    /// @param parent See {publish}.
    /// @param tree See {publish}.
    /// @param deadline The last second in which this may be sent.
    /// @param editor Who signed: the publisher, or an editor of theirs. It becomes the editor of the record.
    /// @param signature What `editor` signed.
    function publishFor(
        address publisher,
        bytes32 ref,
        bytes32 digest,
        bytes32 parent,
        bytes32 tree,
        uint256 deadline,
        address editor,
        bytes calldata signature
    ) external;

    /// @notice Makes `ref` name `digest` without recording it: the cheap way forward, and the way back.
    /// @dev Many documents that were only pointed at can be recorded later at once, as the `tree` of one {publish}.
    /// @dev Warning: who pointed, and when, is in the logs alone.
    /// @param publisher The account whose ref it is: the caller, or one whose editor the caller is.
    /// @param ref The name to move. Not 0.
    /// @param digest The document; 0 deletes the ref, which is the publisher's alone.
    /// @param parent What `ref` names now, 0 for nothing.
    function point(address publisher, bytes32 ref, bytes32 digest, bytes32 parent) external;

    /// @notice Takes back a document or an edition of the caller's, for good. The record stays.
    /// @dev The key of an edition takes back the edition and every document it lists, but not a record that a document
    /// has elsewhere. A leaf takes back one document wherever the caller recorded it.
    /// @dev A node may be retracted before it is published: it can never be published then.
    /// @dev Warning: inner nodes of a tree are never looked at, so retracting one does nothing.
    /// @dev Warning: only the publisher retracts; an editor's key must not be able to destroy.
    /// @param node The leaf of a document, {leafOf}, or the key of an edition.
    function retract(bytes32 node) external;

    /// @notice Lets `editor` publish and point for the caller until a time.
    /// @dev The present time ends an editor and keeps what it published. An earlier time `t` also disowns what it
    /// published after `t`, and 0 all that it published: {verify} reports those as retracted.
    /// @dev Warning: a later time for an editor that was ended owns again what had been disowned.
    /// @param editor The account.
    /// @param until The last second in which it may publish; 0: it may not, and never might.
    function setEditor(address editor, uint256 until) external;

    /// @notice Makes several calls to this contract in one transaction: all of them take effect, or none.
    /// @dev Warning: `payable` for the sake of gas; any value reverts.
    /// @param data The calls, each as if it were the data of a transaction from the caller.
    /// @return results What each returned.
    function multicall(bytes[] calldata data) external payable returns (bytes[] memory results);

    /* READING */

    /// @notice When `publisher` published the document, when it was taken back, and who did the publishing.
    /// @dev Warning: fix the publisher yourself. A digest can be copied and published by anyone, and this then answers
    /// for that account; a contract cannot read the document, which names its true publisher.
    /// @dev Warning: not published is all zero, unless the leaf or the key was retracted; check `publishedAt != 0` and
    /// `retractedAt == 0`.
    /// @dev Warning: a record by an account that was an editor after all, but was disowned since, has
    /// `retractedAt == publishedAt`.
    /// @param publisher The account that is said to have published it.
    /// @param digest The document.
    /// @param proof Empty for a document published alone; `[tree]` for an edition itself; for a document that an
    /// edition lists, its siblings up to the tree's root and then the leaf of the edition.
    /// @return publishedAt In seconds; 0: not under this proof.
    /// @return retractedAt In seconds; 0: not retracted.
    /// @return editor The publisher, or the editor that published; 0: not published.
    function verify(address publisher, bytes32 digest, bytes32[] calldata proof)
        external
        view
        returns (uint256 publishedAt, uint256 retractedAt, address editor);

    /// @notice The leaf of a document: keccak256 of its 37-byte binary CID.
    function leafOf(bytes32 digest) external pure returns (bytes32);

    /// @notice The record under a key; all zero where there is none. Slot 0.
    /// @dev Warning: raw. {verify} also minds the retraction of a leaf and an editor that was disowned.
    function records(address publisher, bytes32 node)
        external
        view
        returns (uint40 publishedAt, uint40 retractedAt, address editor);

    /// @notice The digest that a ref names; 0 for none. Slot 1.
    function heads(address publisher, bytes32 ref) external view returns (bytes32 digest);

    /// @notice The last second in which `editor` may publish for `publisher`; 0: it may not. Slot 2.
    function editors(address publisher, address editor) external view returns (uint256 until);
}
