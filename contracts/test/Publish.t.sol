// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ITrendRegistry} from "../ITrendRegistry.sol";
import {Reference} from "./Reference.sol";
import {RegistryTest} from "./RegistryTest.sol";

contract PublishTest is RegistryTest {
    function test_RecordsTheDigestWithTheTimeAndThePublisher(bytes32 digest, uint256 time) public {
        vm.assume(digest != 0);
        time = bound(time, 1, END);
        vm.warp(time);
        publish(publisher, NONE, digest, NONE, NONE);
        assertRecord(publisher, Reference.leafOf(digest), time, 0, publisher);
        assertVerified(digest, alone(), time, 0, publisher);
    }

    function test_RecordsAnEditionUnderTheNodeOfItsLeafAndItsTree(bytes32 ref, bytes32 digest, bytes32 tree) public {
        vm.assume(digest != 0 && tree != 0);
        publish(publisher, ref, digest, NONE, tree);
        assertRecord(publisher, Reference.nodeOf(Reference.leafOf(digest), tree), NOW, 0, publisher);
        assertRecord(publisher, Reference.leafOf(digest), 0, 0, address(0));
        assertVerified(digest, only(tree), NOW, 0, publisher);
        assertVerified(digest, alone(), 0, 0, address(0));
    }

    function test_MakesTheRefNameTheDigest(bytes32 ref, bytes32 first, bytes32 second, bytes32 tree) public {
        vm.assume(ref != 0 && first != 0 && second != 0 && first != second);
        publish(publisher, ref, first, NONE, tree);
        assertHead(ref, first);
        publish(publisher, ref, second, first, NONE);
        assertHead(ref, second);
    }

    function test_MovesNoRefWhereTheRefIsZeroAndIgnoresTheParent(bytes32 digest, bytes32 parent, bytes32 tree) public {
        vm.assume(digest != 0);
        publish(publisher, NONE, digest, parent, tree);
        assertHead(NONE, 0);
        assertRecord(publisher, Reference.keyOf(digest, tree), NOW, 0, publisher);
    }

    function test_LogsWhatWasPublished(bytes32 ref, bytes32 digest, bytes32 tree) public {
        vm.assume(digest != 0);
        vm.recordLogs();
        publish(publisher, ref, digest, NONE, tree);
        assertOnlyLog(topicsOf(ITrendRegistry.Published.selector, word(publisher), ref, digest), abi.encodePacked(tree));
    }

    function test_LogsThePublisherAlsoWhereAnEditorPublishes(bytes32 ref, bytes32 digest, bytes32 tree) public {
        vm.assume(digest != 0);
        setEditor(editor, NOW);
        vm.recordLogs();
        publish(editor, ref, digest, NONE, tree);
        assertOnlyLog(topicsOf(ITrendRegistry.Published.selector, word(publisher), ref, digest), abi.encodePacked(tree));
    }

    function test_RecordsTheEditorThatPublished(bytes32 digest, bytes32 tree) public {
        vm.assume(digest != 0);
        setEditor(editor, NOW);
        publish(editor, REF, digest, NONE, tree);
        assertRecord(publisher, Reference.keyOf(digest, tree), NOW, 0, editor);
        assertHead(REF, digest);
    }

    function test_AnyAccountPublishesUnderItsOwnName(address account, bytes32 digest) public {
        vm.assume(digest != 0);
        vm.prank(account);
        registry.publish(account, REF, digest, NONE, NONE);
        assertRecord(account, Reference.leafOf(digest), NOW, 0, account);
        assertEq(registry.heads(account, REF), digest, "head");
    }

    function test_RefusesAZeroDigest(bytes32 ref, bytes32 parent, bytes32 tree) public {
        expectZeroDigest(ref);
        publish(publisher, ref, NONE, parent, tree);
    }

    function test_RefusesAZeroDigestBeforeItAsksWhoCalls(bytes32 ref) public {
        expectZeroDigest(ref);
        publish(stranger, ref, NONE, NONE, NONE);
    }

    function test_RefusesAStranger(address account, bytes32 ref, bytes32 digest, bytes32 parent, bytes32 tree) public {
        vm.assume(account != publisher && digest != 0);
        expectNotEditor(account);
        publish(account, ref, digest, parent, tree);
    }

    function test_RefusesAnEditorOfAnother(bytes32 digest) public {
        vm.assume(digest != 0);
        vm.prank(stranger);
        registry.setEditor(editor, type(uint256).max);
        expectNotEditor(editor);
        publish(editor, REF, digest, NONE, NONE);
    }

    function test_TakesAnEditorUpToItsLastSecond(bytes32 digest, uint256 until) public {
        vm.assume(digest != 0);
        until = bound(until, 1, END);
        setEditor(editor, until);
        vm.warp(until);
        publish(editor, REF, digest, NONE, NONE);
        assertRecord(publisher, Reference.leafOf(digest), until, 0, editor);
    }

    function test_RefusesAnEditorASecondLater(bytes32 digest, uint256 until, uint256 late) public {
        vm.assume(digest != 0);
        until = bound(until, 0, END - 1);
        late = bound(late, 1, END - until);
        setEditor(editor, until);
        vm.warp(until + late);
        expectNotEditor(editor);
        publish(editor, REF, digest, NONE, NONE);
    }

    function test_NeedsNoEditorRightOfThePublisherOverItself(uint256 until) public {
        until = bound(until, 0, NOW - 1);
        setEditor(publisher, until);
        publish(publisher, REF, "a", NONE, NONE);
        assertVerified("a", alone(), NOW, 0, publisher);
    }

    function test_RefusesTheSameDigestTwice(bytes32 digest, bytes32 tree, uint256 later) public {
        vm.assume(digest != 0);
        publish(publisher, REF, digest, NONE, tree);
        vm.warp(NOW + bound(later, 0, END - NOW));
        expectAlreadyRecorded(Reference.keyOf(digest, tree));
        publish(publisher, REF, digest, digest, tree);
    }

    function test_RefusesAnEditorWhereThePublisherWasFirst(bytes32 digest, bytes32 tree) public {
        vm.assume(digest != 0);
        setEditor(editor, type(uint256).max);
        publish(publisher, NONE, digest, NONE, tree);
        expectAlreadyRecorded(Reference.keyOf(digest, tree));
        publish(editor, NONE, digest, NONE, tree);
    }

    function test_RefusesWhatWasRetractedBefore(bytes32 digest, bytes32 tree) public {
        vm.assume(digest != 0);
        retract(Reference.keyOf(digest, tree));
        expectAlreadyRecorded(Reference.keyOf(digest, tree));
        publish(publisher, REF, digest, NONE, tree);
    }

    function test_RecordsAgainUnderAnotherTree(bytes32 digest, bytes32 tree, bytes32 another) public {
        vm.assume(digest != 0 && tree != another);
        publish(publisher, NONE, digest, NONE, tree);
        vm.warp(NOW + 1);
        publish(publisher, NONE, digest, NONE, another);
        assertRecord(publisher, Reference.keyOf(digest, tree), NOW, 0, publisher);
        assertRecord(publisher, Reference.keyOf(digest, another), NOW + 1, 0, publisher);
    }

    function test_RefusesAnotherParentThanTheHead(bytes32 ref, bytes32 head, bytes32 digest, bytes32 parent) public {
        vm.assume(ref != 0 && head != 0 && digest != 0 && digest != head && parent != head);
        publish(publisher, ref, head, NONE, NONE);
        expectStaleParent(ref, head);
        publish(publisher, ref, digest, parent, NONE);
    }

    function test_RefusesAParentWhereTheRefNamesNothing(bytes32 ref, bytes32 digest, bytes32 parent) public {
        vm.assume(ref != 0 && digest != 0 && parent != 0);
        expectStaleParent(ref, 0);
        publish(publisher, ref, digest, parent, NONE);
    }

    function test_LeavesNothingBehindWhereItRefuses(bytes32 digest, bytes32 parent) public {
        vm.assume(digest != 0 && parent != 0);
        expectStaleParent(REF, 0);
        publish(publisher, REF, digest, parent, NONE);
        assertRecord(publisher, Reference.leafOf(digest), 0, 0, address(0));
        assertHead(REF, 0);
    }

    function test_ChangesNothingUnderAnother(address another, bytes32 ref, bytes32 digest, bytes32 tree) public {
        vm.assume(digest != 0 && another != publisher);
        publish(publisher, ref, digest, NONE, tree);
        assertRecord(another, Reference.keyOf(digest, tree), 0, 0, address(0));
        assertEq(registry.heads(another, ref), NONE, "head");
    }
}
