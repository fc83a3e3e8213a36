// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ITrendRegistry} from "../ITrendRegistry.sol";
import {ReadersVote} from "../examples/ReadersVote.sol";
import {Reference} from "./Reference.sol";
import {RegistryTest} from "./RegistryTest.sol";
import {Tree} from "./Tree.sol";

contract ReadersVoteTest is RegistryTest {
    bytes32 private constant ALONE = keccak256("published alone");
    bytes32 private constant EDITION = keccak256("edition");
    uint256 private constant MEMBER = 500;

    ReadersVote private vote;
    bytes32[] private leaves;
    bytes32[] private proof;
    address private reader = stranger;

    function setUp() public override {
        super.setUp();
        vote = new ReadersVote(registry, publisher);
        publish(publisher, REF, ALONE, NONE, NONE);
        for (uint256 i; i < 1000; ++i) {
            leaves.push(Reference.leafOf(memberAt(i)));
        }
        bytes32[] memory listed = leaves;
        publish(publisher, NONE, EDITION, NONE, Tree.rootOf(listed));
        proof = Tree.append(Tree.proofOf(listed, MEMBER), Reference.leafOf(EDITION));
    }

    /* WHAT STANDS */

    function test_CountsAVoteOnADocumentPublishedAlone(bool agrees) public {
        vm.recordLogs();
        cast(reader, ALONE, alone(), agrees);
        assertEq(vm.getRecordedLogs()[0].topics[0], ReadersVote.Voted.selector, "event");
        assertTally(ALONE, agrees ? 1 : 0, agrees ? 0 : 1);
    }

    function test_CountsAVoteOnAMemberOfAnEdition(address another) public {
        vm.assume(another != reader);
        cast(reader, memberAt(MEMBER), proof, true);
        cast(another, memberAt(MEMBER), proof, false);
        assertTally(memberAt(MEMBER), 1, 1);
    }

    function test_CountsAVoteOnAnEditionItself() public {
        bytes32[] memory listed = leaves;
        cast(reader, EDITION, only(Tree.rootOf(listed)), true);
        assertTally(EDITION, 1, 0);
    }

    function test_CountsAVoteOnADocumentOfAnEditor() public {
        setEditor(editor, NOW);
        publish(editor, NONE, "by an editor", NONE, NONE);
        cast(reader, "by an editor", alone(), true);
        assertTally("by an editor", 1, 0);
    }

    function test_CountsAReaderOnce(bool agrees) public {
        cast(reader, ALONE, alone(), true);
        vm.expectRevert(abi.encodeWithSelector(ReadersVote.VotedBefore.selector, reader, ALONE));
        cast(reader, ALONE, alone(), agrees);
        assertTally(ALONE, 1, 0);
    }

    /* WHAT DOES NOT */

    function test_RefusesWhatWasNotPublished(bytes32 digest) public {
        vm.assume(digest != ALONE);
        expectNotPublished(digest);
        cast(reader, digest, alone(), true);
    }

    function test_RefusesAMemberWithAnothersProof(uint256 another) public {
        another = another % 1000;
        vm.assume(another != MEMBER);
        expectNotPublished(memberAt(another));
        cast(reader, memberAt(another), proof, true);
    }

    function test_RefusesWhatAnotherPublished(bytes32 digest) public {
        vm.assume(digest != 0 && digest != ALONE);
        vm.prank(reader);
        registry.publish(reader, REF, digest, NONE, NONE);
        expectNotPublished(digest);
        cast(reader, digest, alone(), true);
    }

    function test_RefusesWhatWasTakenBack(uint256 when) public {
        when = bound(when, NOW, END);
        vm.warp(when);
        retract(Reference.leafOf(ALONE));
        expectTakenBack(ALONE, when);
        cast(reader, ALONE, alone(), true);
    }

    function test_RefusesAMemberOfAnEditionThatWasTakenBack() public {
        bytes32[] memory listed = leaves;
        retract(Reference.keyOf(EDITION, Tree.rootOf(listed)));
        expectTakenBack(memberAt(MEMBER), NOW);
        cast(reader, memberAt(MEMBER), proof, true);
    }

    function test_RefusesAMemberThatWasTakenBackItself() public {
        retract(Reference.leafOf(memberAt(MEMBER)));
        expectTakenBack(memberAt(MEMBER), NOW);
        cast(reader, memberAt(MEMBER), proof, true);
    }

    function test_RefusesWhatWasTakenBackBeforeItWasPublished(bytes32 digest) public {
        vm.assume(digest != ALONE);
        retract(Reference.leafOf(digest));
        expectNotPublished(digest);
        cast(reader, digest, alone(), true);
    }

    function test_RefusesADocumentOfAnEditorWhoWasDisowned() public {
        setEditor(editor, NOW);
        publish(editor, NONE, "by an editor", NONE, NONE);
        setEditor(editor, NOW - 1);
        expectTakenBack("by an editor", NOW);
        cast(reader, "by an editor", alone(), true);
    }

    /* VALUES AND EXPECTATIONS */

    function cast(address by, bytes32 digest, bytes32[] memory path, bool agrees) private {
        vm.prank(by);
        vote.vote(digest, path, agrees);
    }

    function assertTally(bytes32 digest, uint256 agree, uint256 disagree) private view {
        (uint256 agreed, uint256 disagreed) = vote.tallies(digest);
        assertEq(agreed, agree, "agree");
        assertEq(disagreed, disagree, "disagree");
    }

    function expectNotPublished(bytes32 digest) private {
        vm.expectRevert(abi.encodeWithSelector(ReadersVote.NotPublished.selector, digest));
    }

    function expectTakenBack(bytes32 digest, uint256 when) private {
        vm.expectRevert(abi.encodeWithSelector(ReadersVote.TakenBack.selector, digest, when));
    }

    function memberAt(uint256 i) private pure returns (bytes32) {
        return keccak256(abi.encode("member", i));
    }
}

/// @notice The same in the wrong way: it asks about whatever publisher the caller names, and looks at no retraction.
contract GullibleVote {
    ITrendRegistry private immutable registry;
    mapping(bytes32 digest => uint256) public votes;

    constructor(ITrendRegistry registry_) {
        registry = registry_;
    }

    function vote(address publisher, bytes32 digest, bytes32[] calldata proof) external {
        (uint256 publishedAt,,) = registry.verify(publisher, digest, proof);
        require(publishedAt != 0, "not published");
        ++votes[digest];
    }
}

contract GullibleVoteTest is RegistryTest {
    /// @dev The theft: the publisher never published the digest, or took it back, and its readers are counted anyhow.
    function test_TrustingThePublisherThatTheCallerNamesCountsWhatTheThiefPublished(bytes32 digest) public {
        vm.assume(digest != 0);
        GullibleVote gullible = new GullibleVote(registry);
        ReadersVote careful = new ReadersVote(registry, publisher);
        vm.prank(stranger);
        registry.publish(stranger, NONE, digest, NONE, NONE);

        vm.prank(stranger);
        gullible.vote(stranger, digest, alone());
        assertEq(gullible.votes(digest), 1, "the theft did not succeed");

        vm.expectRevert(abi.encodeWithSelector(ReadersVote.NotPublished.selector, digest));
        vm.prank(stranger);
        careful.vote(digest, alone(), true);
    }

    function test_LookingAtThePublicationAloneCountsWhatWasTakenBack(bytes32 digest) public {
        vm.assume(digest != 0);
        GullibleVote gullible = new GullibleVote(registry);
        ReadersVote careful = new ReadersVote(registry, publisher);
        publish(publisher, NONE, digest, NONE, NONE);
        retract(Reference.leafOf(digest));

        vm.prank(stranger);
        gullible.vote(publisher, digest, alone());
        assertEq(gullible.votes(digest), 1, "what was taken back was refused");

        vm.expectRevert(abi.encodeWithSelector(ReadersVote.TakenBack.selector, digest, NOW));
        vm.prank(stranger);
        careful.vote(digest, alone(), true);
    }
}
