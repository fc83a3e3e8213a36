// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ITrendRegistry} from "../ITrendRegistry.sol";
import {Reference} from "./Reference.sol";
import {RegistryTest} from "./RegistryTest.sol";

contract RetractTest is RegistryTest {
    function test_StampsTheRecordAndLeavesTheRestOfIt(bytes32 digest, bytes32 tree, uint256 later) public {
        vm.assume(digest != 0);
        later = bound(later, NOW, END);
        publish(publisher, REF, digest, NONE, tree);
        vm.warp(later);
        retract(Reference.keyOf(digest, tree));
        assertRecord(publisher, Reference.keyOf(digest, tree), NOW, later, publisher);
        assertHead(REF, digest);
    }

    function test_KeepsTheEditorInTheRecord(bytes32 digest) public {
        vm.assume(digest != 0);
        setEditor(editor, NOW);
        publish(editor, NONE, digest, NONE, NONE);
        vm.warp(NOW + 1);
        retract(Reference.leafOf(digest));
        assertRecord(publisher, Reference.leafOf(digest), NOW, NOW + 1, editor);
        assertVerified(digest, alone(), NOW, NOW + 1, editor);
    }

    function test_TakesBackWhatIsNotPublishedYet(bytes32 node) public {
        retract(node);
        assertRecord(publisher, node, 0, NOW, address(0));
    }

    function test_Logs(bytes32 node) public {
        vm.recordLogs();
        retract(node);
        assertOnlyLog(topicsOf(ITrendRegistry.Retracted.selector, word(publisher), node), "");
    }

    function test_RefusesASecondTime(bytes32 node, uint256 later) public {
        retract(node);
        vm.warp(bound(later, NOW, END));
        expectAlreadyRetracted(node);
        retract(node);
        assertRecord(publisher, node, 0, NOW, address(0));
    }

    function test_IsOfTheCallerAlone(address account, bytes32 digest) public {
        vm.assume(account != publisher && digest != 0);
        setEditor(account, type(uint256).max);
        publish(publisher, NONE, digest, NONE, NONE);
        vm.prank(account);
        registry.retract(Reference.leafOf(digest));
        assertVerified(digest, alone(), NOW, 0, publisher);
        assertRecord(account, Reference.leafOf(digest), 0, NOW, address(0));
    }

    function test_OfAKeyTakesBackTheEditionAndAllThatItLists(bytes32 edition, bytes32 listed, bytes32 another) public {
        vm.assume(edition != 0);
        bytes32 tree = Reference.nodeOf(Reference.leafOf(listed), Reference.leafOf(another));
        publish(publisher, NONE, edition, NONE, tree);
        vm.warp(NOW + 1);
        retract(Reference.keyOf(edition, tree));
        assertVerified(edition, only(tree), NOW, NOW + 1, publisher);
        assertVerified(listed, pathOf(another, edition), NOW, NOW + 1, publisher);
        assertVerified(another, pathOf(listed, edition), NOW, NOW + 1, publisher);
    }

    function test_OfAKeyLeavesARecordThatADocumentHasElsewhere(bytes32 edition, bytes32 listed, bytes32 another)
        public
    {
        vm.assume(edition != 0 && listed != 0);
        bytes32 tree = Reference.nodeOf(Reference.leafOf(listed), Reference.leafOf(another));
        publish(publisher, NONE, edition, NONE, tree);
        publish(publisher, NONE, listed, NONE, NONE);
        retract(Reference.keyOf(edition, tree));
        assertVerified(listed, alone(), NOW, 0, publisher);
    }

    function test_OfALeafTakesBackThatDocumentAlone(bytes32 edition, bytes32 listed, bytes32 another) public {
        vm.assume(edition != 0 && listed != another && edition != listed);
        bytes32 tree = Reference.nodeOf(Reference.leafOf(listed), Reference.leafOf(another));
        publish(publisher, NONE, edition, NONE, tree);
        vm.warp(NOW + 1);
        retract(Reference.leafOf(listed));
        assertVerified(listed, pathOf(another, edition), NOW, NOW + 1, publisher);
        assertVerified(another, pathOf(listed, edition), NOW, 0, publisher);
        assertVerified(edition, only(tree), NOW, 0, publisher);
    }

    function test_OfALeafTakesItBackInEveryEditionBeforeAndAfter(bytes32 early, bytes32 late, bytes32 listed) public {
        vm.assume(early != 0 && late != 0 && early != late && listed != early && listed != late);
        bytes32 leaf = Reference.leafOf(listed);
        publish(publisher, NONE, early, NONE, leaf);
        vm.warp(NOW + 1);
        retract(leaf);
        vm.warp(NOW + 2);
        publish(publisher, NONE, late, NONE, leaf);
        assertVerified(listed, only(Reference.leafOf(early)), NOW, NOW + 1, publisher);
        assertVerified(listed, only(Reference.leafOf(late)), NOW + 2, NOW + 1, publisher);
        assertVerified(early, only(leaf), NOW, 0, publisher);
    }

    function test_OfAnInnerNodeDoesNothing(bytes32 edition, bytes32 listed, bytes32 another) public {
        vm.assume(edition != 0);
        bytes32 tree = Reference.nodeOf(Reference.leafOf(listed), Reference.leafOf(another));
        vm.assume(tree != Reference.leafOf(edition));
        publish(publisher, NONE, edition, NONE, tree);
        retract(tree);
        assertVerified(edition, only(tree), NOW, 0, publisher);
        assertVerified(listed, pathOf(another, edition), NOW, 0, publisher);
    }

    function test_ShowsAlsoWhereNothingWasPublished(bytes32 digest) public {
        retract(Reference.leafOf(digest));
        assertVerified(digest, alone(), 0, NOW, address(0));
        assertVerified(digest, only("no tree"), 0, NOW, address(0));
    }

    function pathOf(bytes32 sibling, bytes32 edition) private pure returns (bytes32[] memory path) {
        path = new bytes32[](2);
        (path[0], path[1]) = (Reference.leafOf(sibling), Reference.leafOf(edition));
    }
}
