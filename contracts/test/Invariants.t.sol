// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ITrendRegistry} from "../ITrendRegistry.sol";
import {Model} from "./Model.sol";
import {Reference} from "./Reference.sol";
import {Card, RegistryHandler} from "./RegistryHandler.sol";
import {RegistryTest} from "./RegistryTest.sol";
import {Tree} from "./Tree.sol";
import {Rule} from "./Watch.sol";

/// @notice What holds after any steps of anyone. A rule has a contract of its own, and through its name steps of its own.
abstract contract RegistryInvariants is RegistryTest {
    RegistryHandler internal handler;
    bytes32 private immutable salt;

    constructor(string memory name) {
        salt = keccak256(bytes(name));
    }

    function setUp() public virtual override {
        super.setUp();
        handler = new RegistryHandler(registry, twin(), salt);
    }

    /// @dev Read by the runner: whom to call.
    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    /// @dev Called by the runner at the end of each run.
    function afterInvariant() public view virtual {
        handler.assertBusy();
    }

    function twin() internal virtual returns (ITrendRegistry) {
        return ITrendRegistry(address(0));
    }

    function assertKept(Rule rule) internal view {
        assertTrue(bytes(handler.breach(rule)).length == 0, handler.breach(rule));
    }

    /// @dev The same number until the next step.
    function draw(uint256 sides) internal view returns (uint256) {
        return uint256(keccak256(abi.encode(salt, handler.steps()))) % sides;
    }
}

contract ModelInvariant is RegistryInvariants("model") {
    function invariant_TheRegistryAnswersAndHoldsWhatTheModelSays() public view {
        assertKept(Rule.AnswersAsTheModel);
        for (uint256 i; i < handler.numberOfNodes(); ++i) {
            (address by, bytes32 node) = handler.nodes(i);
            assertAsModelled(by, node);
            // And nothing under the other publisher that was meant for this one.
            assertAsModelled(handler.accounts(by == handler.accounts(0) ? 1 : 0), node);
        }
        for (uint256 i; i < 5; ++i) {
            address by = handler.accounts(i);
            for (uint256 j; j < 4; ++j) {
                bytes32 ref = handler.refs(j);
                assertEq(registry.heads(by, ref), handler.modelHead(by, ref), "head");
            }
            for (uint256 j; j < 5; ++j) {
                address account = handler.accounts(j);
                assertEq(registry.editors(by, account), handler.modelUntil(by, account), "until");
            }
        }
    }

    function assertAsModelled(address by, bytes32 node) private view {
        Model.Kept memory kept = handler.modelRecord(by, node);
        assertRecord(by, node, kept.publishedAt, kept.retractedAt, kept.editor);
    }
}

contract AuthorityInvariant is RegistryInvariants("authority") {
    function invariant_NothingIsWrittenButForThePublisherAnEditorInTimeOrTheirSignature() public view {
        assertKept(Rule.WritesWhereItMay);
    }
}

contract RecordInvariant is RegistryInvariants("record") {
    function invariant_ARecordIsWrittenOnceAndRetractedOnce() public view {
        assertKept(Rule.WritesARecordOnce);
        // No write escaped the handler's eye.
        for (uint256 i; i < handler.numberOfNodes(); ++i) {
            (address by, bytes32 node) = handler.nodes(i);
            bytes32 slot = Reference.recordSlot(by, node);
            assertEq(vm.load(address(registry), slot), handler.shadow(slot), "record");
        }
    }
}

contract ParentInvariant is RegistryInvariants("parent") {
    function invariant_ARefMovesOnlyFromTheParentThatWasGiven() public view {
        assertKept(Rule.MovesARefFromItsParent);
    }
}

contract PublicationInvariant is RegistryInvariants("publication") {
    function invariant_APublicationVerifiesAndItsRefNamesIt() public view {
        assertKept(Rule.VerifiesWhatWasPublished);
    }
}

contract LogsInvariant is RegistryInvariants("logs") {
    function invariant_TheLogsReplayToTheState() public view {
        for (uint256 i; i < handler.numberOfNodes(); ++i) {
            (address by, bytes32 node) = handler.nodes(i);
            (uint256 publishedAt, uint256 retractedAt,) = registry.records(by, node);
            assertEq(handler.replayedPublication(by, node), publishedAt, "published at");
            assertEq(handler.replayedRetraction(by, node), retractedAt, "retracted at");
        }
        for (uint256 i; i < 5; ++i) {
            address by = handler.accounts(i);
            for (uint256 j = 1; j < 4; ++j) {
                bytes32 ref = handler.refs(j);
                assertEq(handler.replayedHead(by, ref), registry.heads(by, ref), "head");
            }
            for (uint256 j; j < 5; ++j) {
                address account = handler.accounts(j);
                assertEq(handler.replayedUntil(by, account), registry.editors(by, account), "until");
            }
        }
    }
}

contract MembersInvariant is RegistryInvariants("members") {
    function invariant_VerifyAcceptsTheMembersOfAnEditionAndNothingElse() public view {
        if (handler.numberOfEditions() == 0) return;
        RegistryHandler.Edition memory edition = handler.editionAt(draw(handler.numberOfEditions()));
        bytes32[] memory leaves = new bytes32[](edition.members.length);
        for (uint256 i; i < leaves.length; ++i) {
            leaves[i] = Reference.leafOf(edition.members[i]);
        }
        bytes32 tree = Tree.rootOf(leaves);
        for (uint256 i; i < leaves.length; ++i) {
            bytes32[] memory proof = Tree.append(Tree.proofOf(leaves, i), Reference.leafOf(edition.digest));
            (uint256 publishedAt, uint256 retractedAt, address by) =
                registry.verify(edition.publisher, edition.members[i], proof);
            Model.Kept memory kept = handler.modelMember(edition.publisher, edition.members[i], edition.digest, tree);
            assertEq(publishedAt, kept.publishedAt, "published at");
            assertEq(retractedAt, kept.retractedAt, "retracted at");
            assertEq(by, kept.editor, "editor");
            assertTrue(publishedAt != 0, "a member does not verify");
            assertTampered(edition, edition.members[i], proof);
        }
    }

    function assertTampered(RegistryHandler.Edition memory edition, bytes32 member, bytes32[] memory proof)
        private
        view
    {
        uint256 bit = draw(256);
        address other = handler.accounts(edition.publisher == handler.accounts(0) ? 1 : 0);
        assertKnownByItsKey(other, member, proof);
        assertKnownByItsKey(edition.publisher, member ^ bytes32(1 << bit), proof);
        assertKnownByItsKey(edition.publisher, Reference.leafOf(member), proof);
        uint256 place = draw(proof.length);
        proof[place] ^= bytes32(1 << bit);
        assertKnownByItsKey(edition.publisher, member, proof);
        proof[place] ^= bytes32(1 << bit);
        assertKnownByItsKey(edition.publisher, member, Tree.append(proof, proof[place]));
        // Its last sibling away: the tree, which is no key.
        assembly ("memory-safe") {
            mstore(proof, sub(mload(proof), 1))
        }
        if (proof.length > 0) assertKnownByItsKey(edition.publisher, member, proof);
    }

    /// @dev A proof that was bent leads to no key, or by chance to one of another edition: it is that record then.
    function assertKnownByItsKey(address by, bytes32 digest, bytes32[] memory proof) private view {
        bytes32 key = Reference.leafOf(digest);
        for (uint256 i; i < proof.length; ++i) {
            key = Reference.nodeOf(key, proof[i]);
        }
        (uint256 publishedAt,,) = registry.verify(by, digest, proof);
        assertEq(publishedAt, handler.modelRecord(by, key).publishedAt, "something else was accepted");
    }
}

contract SignatureInvariant is RegistryInvariants("signature") {
    function invariant_ASignatureLandsOnceInItsTimeOnItsChainAndNowhereElse() public {
        assertKept(Rule.LandsASignatureOnce);
        for (uint256 i; i < handler.numberOfRelayed(); ++i) {
            (bool done,) = address(registry).call(handler.relayedAt(i));
            assertTrue(!done, "a signature landed again");
        }
    }
}

contract EditorInvariant is RegistryInvariants("editor") {
    function invariant_AnEditorPublishesToItsLastSecondAndNotLonger() public {
        for (uint256 i; i < 2; ++i) {
            for (uint256 j; j < 5; ++j) {
                (address by, address account) = (handler.accounts(i), handler.accounts(j));
                uint256 until = registry.editors(by, account);
                if (by == account || until == 0 || until >= END) continue;
                bytes32 digest = keccak256(abi.encode(by, account));
                vm.warp(until + 1);
                vm.expectRevert(abi.encodeWithSelector(ITrendRegistry.NotEditor.selector, by, account));
                vm.prank(account);
                registry.publish(by, NONE, digest, NONE, NONE);
                vm.warp(until);
                vm.prank(account);
                registry.publish(by, NONE, digest, NONE, NONE);
                assertRecord(by, Reference.leafOf(digest), until, 0, account);
            }
        }
        vm.warp(handler.clock());
    }
}

contract TogetherInvariant is RegistryInvariants("together") {
    ITrendRegistry private other;

    function twin() internal override returns (ITrendRegistry) {
        other = ITrendRegistry(deploy("TrendRegistry.sol:TrendRegistry"));
        return other;
    }

    function invariant_CallsTogetherDoWhatTheyDoInARow() public view {
        assertKept(Rule.CallsTogetherAsInARow);
        for (uint256 i; i < handler.numberOfNodes(); ++i) {
            (address by, bytes32 node) = handler.nodes(i);
            (uint256 publishedAt, uint256 retractedAt, address account) = other.records(by, node);
            assertRecord(by, node, publishedAt, retractedAt, account);
        }
        for (uint256 i; i < 5; ++i) {
            address by = handler.accounts(i);
            for (uint256 j; j < 4; ++j) {
                assertEq(registry.heads(by, handler.refs(j)), other.heads(by, handler.refs(j)), "head");
            }
            for (uint256 j; j < 5; ++j) {
                address account = handler.accounts(j);
                assertEq(registry.editors(by, account), other.editors(by, account), "until");
            }
        }
    }
}

contract StorageInvariant is RegistryInvariants("storage") {
    function invariant_StorageIsWhereTheInterfaceSaysItIs() public view {
        for (uint256 i; i < handler.numberOfNodes(); ++i) {
            (address by, bytes32 node) = handler.nodes(i);
            (uint256 publishedAt, uint256 retractedAt, address account) = registry.records(by, node);
            uint256 held = publishedAt | retractedAt << 40 | uint256(uint160(account)) << 80;
            assertHolds(Reference.recordSlot(by, node), held);
        }
        for (uint256 i; i < 5; ++i) {
            address by = handler.accounts(i);
            for (uint256 j; j < 4; ++j) {
                bytes32 ref = handler.refs(j);
                assertHolds(Reference.headSlot(by, ref), uint256(registry.heads(by, ref)));
            }
            for (uint256 j; j < 5; ++j) {
                address account = handler.accounts(j);
                assertHolds(Reference.editorSlot(by, account), registry.editors(by, account));
            }
        }
        for (uint256 slot; slot < 4; ++slot) {
            assertHolds(bytes32(slot), 0);
        }
    }

    function assertHolds(bytes32 slot, uint256 held) private view {
        assertEq(uint256(vm.load(address(registry), slot)), held, "slot");
    }
}

contract GasInvariant is RegistryInvariants("gas") {
    function invariant_NoCallCostsMoreThanItsCeiling() public view {
        assertKept(Rule.KeepsItsCeilings);
    }
}

contract StandingInvariant is RegistryInvariants("standing") {
    function invariant_WhatWasTakenBackOrDisownedNeverStands() public view {
        for (uint256 i; i < handler.numberOfPublications(); ++i) {
            RegistryHandler.Publication memory told = handler.publicationAt(i);
            (uint256 publishedAt, uint256 retractedAt, address account) =
                registry.verify(told.publisher, told.digest, told.tree == 0 ? alone() : only(told.tree));
            assertTrue(publishedAt != 0, "a publication was lost");
            bool disowned = account != told.publisher && publishedAt > registry.editors(told.publisher, account);
            assertEq(retractedAt, takenBackAt(told, disowned ? publishedAt : 0), "retracted at");
        }
    }

    /// @dev By the logs: the retraction of the key, else of the leaf, else the disowning.
    function takenBackAt(RegistryHandler.Publication memory told, uint256 otherwise)
        private
        view
        returns (uint256 time)
    {
        time = handler.replayedRetraction(told.publisher, Reference.keyOf(told.digest, told.tree));
        if (time == 0) time = handler.replayedRetraction(told.publisher, Reference.leafOf(told.digest));
        if (time == 0) time = otherwise;
    }
}

contract DisowningInvariant is RegistryInvariants("disowning") {
    function invariant_AnEarlierTimeOnlyDisownsAndALaterOneOnlyOwns() public view {
        assertKept(Rule.DisownsMonotonously);
        assertKept(Rule.WritesWhereItMay);
    }
}

/// @notice Not of the registry, but of these tests: they are worth what the handler does.
contract EffortInvariant is RegistryInvariants("effort") {
    function invariant_EveryStepMakesACall() public view {
        uint256 calls = handler.turn() - 1 + handler.played(Card.CallWithValue);
        assertTrue(calls >= handler.steps(), "a step made no call");
    }

    function afterInvariant() public view override {
        assertTrue(handler.steps() >= handler.CARDS(), "a run too short to play every card");
        super.afterInvariant();
    }
}
