// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Reference} from "./Reference.sol";
import {RegistryTest} from "./RegistryTest.sol";

/// @notice What only shows where two accounts or two times stand in one order, and not in the other.
contract BoundaryTest is RegistryTest {
    function test_DisownsAnEditorWhetherItsAddressIsBelowOrAboveThePublishers(bool above) public {
        address account = above ? address(uint160(publisher) + 1) : address(uint160(publisher) - 1);
        setEditor(account, NOW);
        publish(account, NONE, "a", NONE, NONE);
        setEditor(account, 0);
        assertVerified("a", alone(), NOW, NOW, account);
    }

    function test_RefusesAgainWhatWasPublishedAndRetractedInOneSecond(bytes32 digest, bytes32 tree) public {
        vm.assume(digest != 0);
        publish(publisher, NONE, digest, NONE, tree);
        retract(Reference.keyOf(digest, tree));
        expectAlreadyRecorded(Reference.keyOf(digest, tree));
        publish(publisher, NONE, digest, NONE, tree);
        assertRecord(publisher, Reference.keyOf(digest, tree), NOW, NOW, publisher);
    }
}
