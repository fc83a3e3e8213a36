// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ITrendRegistry} from "../ITrendRegistry.sol";
import {Reference} from "./Reference.sol";
import {RegistryTest} from "./RegistryTest.sol";

contract EditorsTest is RegistryTest {
    function test_KeepsTheTimeUpToWhichAnEditorMayPublish(address account, uint256 until, uint256 another) public {
        setEditor(account, until);
        assertEq(registry.editors(publisher, account), until, "until");
        setEditor(account, another);
        assertEq(registry.editors(publisher, account), another, "until, changed");
    }

    function test_IsOfTheCallerAlone(address another, address account, uint256 until) public {
        vm.assume(another != publisher);
        setEditor(account, until);
        assertEq(registry.editors(another, account), 0, "until");
    }

    function test_Logs(address account, uint256 until) public {
        vm.recordLogs();
        setEditor(account, until);
        assertOnlyLog(
            topicsOf(ITrendRegistry.EditorSet.selector, word(publisher), word(account)), abi.encodePacked(until)
        );
    }

    function test_MakesNoEditorOfAnEditorsEditor(address account) public {
        vm.assume(account != publisher && account != editor);
        setEditor(editor, type(uint256).max);
        vm.prank(editor);
        registry.setEditor(account, type(uint256).max);
        expectNotEditor(account);
        publish(account, NONE, "a", NONE, NONE);
    }

    function test_ThePresentTimeEndsAnEditorAndKeepsWhatItPublished(uint256 later) public {
        setEditor(editor, type(uint256).max);
        publish(editor, NONE, "a", NONE, NONE);
        setEditor(editor, NOW);
        vm.warp(bound(later, NOW + 1, END));
        assertVerified("a", alone(), NOW, 0, editor);
        expectNotEditor(editor);
        publish(editor, NONE, "b", NONE, NONE);
    }

    function test_AnEarlierTimeDisownsWhatWasPublishedAfterIt(uint256 until, uint256 published) public {
        until = bound(until, 0, END - 1);
        published = bound(published, until + 1, END);
        setEditor(editor, type(uint256).max);
        vm.warp(published);
        publish(editor, NONE, "a", NONE, NONE);
        publish(editor, NONE, "b", NONE, "tree");
        setEditor(editor, until);
        assertVerified("a", alone(), published, published, editor);
        assertVerified("b", only("tree"), published, published, editor);
        assertRecord(publisher, Reference.leafOf("a"), published, 0, editor);
    }

    function test_AnEarlierTimeKeepsWhatWasPublishedUpToIt(uint256 until, uint256 published) public {
        until = bound(until, 1, END);
        published = bound(published, 1, until);
        setEditor(editor, type(uint256).max);
        vm.warp(published);
        publish(editor, NONE, "a", NONE, NONE);
        vm.warp(END);
        setEditor(editor, until);
        assertVerified("a", alone(), published, 0, editor);
    }

    function test_ALaterTimeOwnsAgain(uint256 until) public {
        setEditor(editor, NOW);
        publish(editor, NONE, "a", NONE, NONE);
        setEditor(editor, bound(until, 0, NOW - 1));
        assertVerified("a", alone(), NOW, NOW, editor);
        setEditor(editor, NOW);
        assertVerified("a", alone(), NOW, 0, editor);
    }

    function test_DisowningLeavesWhatWasRetractedAtItsTime() public {
        setEditor(editor, NOW);
        publish(editor, NONE, "a", NONE, NONE);
        publish(editor, NONE, "b", NONE, Reference.leafOf("c"));
        vm.warp(NOW + 5);
        retract(Reference.leafOf("a"));
        retract(Reference.leafOf("c"));
        setEditor(editor, 0);
        assertVerified("a", alone(), NOW, NOW + 5, editor);
        assertVerified("c", only(Reference.leafOf("b")), NOW, NOW + 5, editor);
        assertVerified("b", only(Reference.leafOf("c")), NOW, NOW, editor);
    }

    function test_DisowningAnEditorLeavesTheOthers(address account) public {
        vm.assume(account != editor && account != publisher);
        setEditor(editor, NOW);
        setEditor(account, NOW);
        publish(editor, NONE, "a", NONE, NONE);
        publish(account, NONE, "b", NONE, NONE);
        publish(publisher, NONE, "c", NONE, NONE);
        setEditor(editor, 0);
        assertVerified("a", alone(), NOW, NOW, editor);
        assertVerified("b", alone(), NOW, 0, account);
        assertVerified("c", alone(), NOW, 0, publisher);
    }

    function test_DisowningWritesOneSlotHoweverMuchWasPublished() public {
        setEditor(editor, type(uint256).max);
        for (uint256 i = 1; i <= 20; ++i) {
            publish(editor, NONE, bytes32(i), NONE, bytes32(i % 2));
        }
        vm.record();
        setEditor(editor, NOW - 1);
        (, bytes32[] memory writes) = vm.accesses(address(registry));
        assertEq(writes.length, 1, "slots written");
        assertEq(writes[0], Reference.editorSlot(publisher, editor), "slot");
        for (uint256 i = 1; i <= 20; ++i) {
            assertVerified(bytes32(i), i % 2 == 0 ? alone() : only(bytes32(i % 2)), NOW, NOW, editor);
        }
    }

    function test_APublisherIsNeverDisownedByItsOwnLineAmongTheEditors(uint256 until) public {
        publish(publisher, NONE, "a", NONE, NONE);
        setEditor(publisher, until);
        assertVerified("a", alone(), NOW, 0, publisher);
    }
}
