// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ITrendRegistry} from "../ITrendRegistry.sol";

/// @title ReadersVote
/// @notice Readers agree or disagree with the documents of one publisher, once each, while the publisher stands by them.
/// @dev An example of what to mind when a contract relies on the registry:
/// - the publisher is fixed when the contract is made. A caller who names the publisher names themselves: a digest can
///   be copied and published by anyone;
/// - `publishedAt != 0` and `retractedAt == 0`, both. A retraction shows even where nothing was published, and a record
///   of an editor who was disowned is one that is retracted;
/// - the proof comes from the caller and needs no trust: a wrong one answers as if nothing was published.
contract ReadersVote {
    struct Tally {
        uint128 agree;
        uint128 disagree;
    }

    event Voted(address indexed reader, bytes32 indexed digest, bool agrees);

    /// @notice The publisher did not publish `digest`, or not under this proof.
    error NotPublished(bytes32 digest);

    /// @notice The publisher took `digest` back at `when`, in seconds.
    error TakenBack(bytes32 digest, uint256 when);

    /// @notice `reader` voted on `digest` before.
    error VotedBefore(address reader, bytes32 digest);

    ITrendRegistry public immutable registry;
    address public immutable publisher;

    mapping(bytes32 digest => Tally) public tallies;
    mapping(bytes32 digest => mapping(address reader => bool)) public hasVoted;

    constructor(ITrendRegistry registry_, address publisher_) {
        (registry, publisher) = (registry_, publisher_);
    }

    /// @notice Agrees or disagrees with a document.
    /// @param digest The sha2-256 digest in the document's CID.
    /// @param proof Empty for a document published alone; for one that an edition lists, its siblings up to the tree's
    /// root and then the leaf of the edition.
    /// @param agrees Whether the caller does.
    function vote(bytes32 digest, bytes32[] calldata proof, bool agrees) external {
        requireStanding(digest, proof);
        if (hasVoted[digest][msg.sender]) revert VotedBefore(msg.sender, digest);

        hasVoted[digest][msg.sender] = true;
        if (agrees) ++tallies[digest].agree;
        else ++tallies[digest].disagree;

        emit Voted(msg.sender, digest, agrees);
    }

    /// @dev At this block. A vote that was cast stays when the document is taken back later.
    function requireStanding(bytes32 digest, bytes32[] calldata proof) private view {
        (uint256 publishedAt, uint256 retractedAt,) = registry.verify(publisher, digest, proof);
        if (publishedAt == 0) revert NotPublished(digest);
        if (retractedAt != 0) revert TakenBack(digest, retractedAt);
    }
}
