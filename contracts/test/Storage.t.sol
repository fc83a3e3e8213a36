// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Reference} from "./Reference.sol";
import {RegistryTest} from "./RegistryTest.sol";

/// @notice The layout that state proofs read.
contract StorageTest is RegistryTest {
    function test_KeepsARecordInOneSlotFromTheLowEnd(bytes32 digest, bytes32 tree, uint256 published, uint256 retracted)
        public
    {
        vm.assume(digest != 0);
        published = bound(published, 1, END);
        retracted = bound(retracted, published, END);
        setEditor(editor, type(uint256).max);
        vm.warp(published);
        publish(editor, NONE, digest, NONE, tree);
        bytes32 slot = Reference.recordSlot(publisher, Reference.keyOf(digest, tree));
        assertEq(wordAt(slot), published | uint256(uint160(editor)) << 80, "slot of a record");
        vm.warp(retracted);
        retract(Reference.keyOf(digest, tree));
        assertEq(wordAt(slot), published | retracted << 40 | uint256(uint160(editor)) << 80, "slot of a retracted one");
    }

    function test_KeepsAHeadInOneSlot(bytes32 ref, bytes32 digest) public {
        vm.assume(ref != 0);
        point(publisher, ref, digest, NONE);
        assertEq(wordAt(Reference.headSlot(publisher, ref)), uint256(digest), "slot of a head");
    }

    function test_KeepsAnEditorInOneSlot(address account, uint256 until) public {
        setEditor(account, until);
        assertEq(wordAt(Reference.editorSlot(publisher, account)), until, "slot of an editor");
    }

    function test_ReadsFromTheSlotsWhatTheyHold(address by, bytes32 key, address account, bytes32 held) public {
        vm.store(address(registry), Reference.recordSlot(by, key), held & bytes32(uint256(type(uint240).max)));
        vm.store(address(registry), Reference.headSlot(by, key), held);
        vm.store(address(registry), Reference.editorSlot(by, account), held);
        assertRecord(by, key, uint40(uint256(held)), uint40(uint256(held) >> 40), address(uint160(uint256(held) >> 80)));
        assertEq(registry.heads(by, key), held, "head");
        assertEq(registry.editors(by, account), uint256(held), "until");
    }

    function test_WritesThatSlotAndNoOther(bytes32 ref, bytes32 digest, bytes32 tree) public {
        vm.assume(ref != 0 && digest != 0);
        vm.record();
        publish(publisher, ref, digest, NONE, tree);
        assertWrote(Reference.recordSlot(publisher, Reference.keyOf(digest, tree)), Reference.headSlot(publisher, ref));
        vm.record();
        point(publisher, ref, NONE, digest);
        assertWrote(Reference.headSlot(publisher, ref), Reference.headSlot(publisher, ref));
        vm.record();
        retract(ref);
        assertWrote(Reference.recordSlot(publisher, ref), Reference.recordSlot(publisher, ref));
    }

    function test_HasNothingOfItsConstruction() public view {
        for (uint256 slot; slot < 64; ++slot) {
            assertEq(wordAt(bytes32(slot)), 0, "a slot of a new registry");
        }
    }

    function wordAt(bytes32 slot) private view returns (uint256) {
        return uint256(vm.load(address(registry), slot));
    }

    function assertWrote(bytes32 one, bytes32 other) private {
        (, bytes32[] memory writes) = vm.accesses(address(registry));
        assertTrue(writes.length > 0, "wrote nothing");
        for (uint256 i; i < writes.length; ++i) {
            assertTrue(isOneOf(writes[i], one, other), "wrote another slot");
        }
    }
}
