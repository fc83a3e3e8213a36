// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ITrendRegistry} from "../ITrendRegistry.sol";
import {Reference} from "./Reference.sol";
import {RegistryTest} from "./RegistryTest.sol";

contract PointTest is RegistryTest {
    function test_MakesTheRefNameTheDigest(bytes32 ref, bytes32 first, bytes32 second) public {
        vm.assume(ref != 0);
        point(publisher, ref, first, NONE);
        assertHead(ref, first);
        point(publisher, ref, second, first);
        assertHead(ref, second);
    }

    function test_RecordsNothing(bytes32 ref, bytes32 digest) public {
        vm.assume(ref != 0);
        point(publisher, ref, digest, NONE);
        assertRecord(publisher, Reference.leafOf(digest), 0, 0, address(0));
        assertVerified(digest, alone(), 0, 0, address(0));
    }

    function test_GoesBackToWhatTheRefNamedBefore(bytes32 ref, bytes32 first, bytes32 second) public {
        vm.assume(ref != 0 && first != 0 && second != 0 && first != second);
        publish(publisher, ref, first, NONE, NONE);
        publish(publisher, ref, second, first, NONE);
        point(publisher, ref, first, second);
        assertHead(ref, first);
        assertVerified(second, alone(), NOW, 0, publisher);
    }

    function test_DeletesTheRefWithDigestZero(bytes32 ref, bytes32 digest) public {
        vm.assume(ref != 0);
        point(publisher, ref, digest, NONE);
        point(publisher, ref, NONE, digest);
        assertHead(ref, 0);
    }

    function test_LogsWhatTheRefNamesNow(bytes32 ref, bytes32 digest) public {
        vm.assume(ref != 0);
        vm.recordLogs();
        point(publisher, ref, digest, NONE);
        assertOnlyLog(topicsOf(ITrendRegistry.Pointed.selector, word(publisher), ref, digest), "");
    }

    function test_LogsThePublisherAlsoWhereAnEditorPoints(bytes32 ref, bytes32 digest) public {
        vm.assume(ref != 0 && digest != 0);
        setEditor(editor, NOW);
        vm.recordLogs();
        point(editor, ref, digest, NONE);
        assertOnlyLog(topicsOf(ITrendRegistry.Pointed.selector, word(publisher), ref, digest), "");
        assertHead(ref, digest);
    }

    function test_RefusesARefOfZero(address account, bytes32 digest, bytes32 parent) public {
        expectZeroRef(digest);
        point(account, NONE, digest, parent);
    }

    function test_RefusesToDeleteForAnyoneButThePublisher(address account, bytes32 ref, bytes32 parent) public {
        vm.assume(account != publisher && ref != 0);
        setEditor(account, type(uint256).max);
        expectZeroDigest(ref);
        point(account, ref, NONE, parent);
    }

    function test_RefusesAStranger(address account, bytes32 ref, bytes32 digest, bytes32 parent) public {
        vm.assume(account != publisher && ref != 0 && digest != 0);
        expectNotEditor(account);
        point(account, ref, digest, parent);
    }

    function test_TakesAnEditorUpToItsLastSecond(bytes32 digest, uint256 until) public {
        vm.assume(digest != 0);
        until = bound(until, 1, type(uint64).max);
        setEditor(editor, until);
        vm.warp(until);
        point(editor, REF, digest, NONE);
        assertHead(REF, digest);
    }

    function test_RefusesAnEditorASecondLater(bytes32 digest, uint256 until, uint256 late) public {
        vm.assume(digest != 0);
        until = bound(until, 0, type(uint64).max - 1);
        late = bound(late, 1, type(uint64).max - until);
        setEditor(editor, until);
        vm.warp(until + late);
        expectNotEditor(editor);
        point(editor, REF, digest, NONE);
    }

    function test_RefusesAnotherParentThanTheHead(bytes32 ref, bytes32 head, bytes32 digest, bytes32 parent) public {
        vm.assume(ref != 0 && parent != head);
        point(publisher, ref, head, NONE);
        expectStaleParent(ref, head);
        point(publisher, ref, digest, parent);
        assertHead(ref, head);
    }

    function test_ChangesNothingUnderAnother(address another, bytes32 ref, bytes32 digest) public {
        vm.assume(ref != 0 && another != publisher);
        point(publisher, ref, digest, NONE);
        assertEq(registry.heads(another, ref), NONE, "head");
    }
}
