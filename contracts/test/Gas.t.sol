// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Publish, Reference} from "./Reference.sol";
import {RegistryTest} from "./RegistryTest.sol";
import {Tree} from "./Tree.sol";

/// @notice What a transaction costs whose slots are cold, as they are at the beginning of a test: all is set up before.
contract GasTest is RegistryTest {
    bytes32 private constant LAST = keccak256("last");
    bytes32 private constant NEXT = keccak256("next");
    bytes32 private constant EDITION = keccak256("edition");

    bytes32[] private leaves;
    bytes private relayedByPublisher;
    bytes private relayedByEditor;
    bytes private verifyOne;
    bytes private verifyOneOfAThousand;

    function setUp() public override {
        super.setUp();
        setEditor(editor, NOW + 1);
        publish(publisher, REF, LAST, NONE, NONE);
        for (uint256 i; i < 1000; ++i) {
            leaves.push(Reference.leafOf(keccak256(abi.encode(i))));
        }
        bytes32[] memory listed = leaves;
        publish(publisher, NONE, EDITION, NONE, Tree.rootOf(listed));
        relayedByPublisher = relayData(PUBLISHER_KEY, publisher);
        relayedByEditor = relayData(EDITOR_KEY, editor);
        bytes32[] memory proof = Tree.append(Tree.proofOf(listed, 500), Reference.leafOf(EDITION));
        verifyOne = abi.encodeCall(registry.verify, (publisher, LAST, alone()));
        verifyOneOfAThousand = abi.encodeCall(registry.verify, (publisher, keccak256(abi.encode(uint256(500))), proof));
    }

    function test_PublishTheFirstOfARef() public {
        assertCosts(publisher, abi.encodeCall(registry.publish, (publisher, "another", NEXT, NONE, NONE)), 71_000);
    }

    function test_PublishTheNextVersion() public {
        assertCosts(publisher, abi.encodeCall(registry.publish, (publisher, REF, NEXT, LAST, NONE)), 54_000);
    }

    function test_PublishTheNextVersionAsEditor() public {
        assertCosts(editor, abi.encodeCall(registry.publish, (publisher, REF, NEXT, LAST, NONE)), 56_000);
    }

    function test_PublishAnEdition() public {
        assertCosts(publisher, abi.encodeCall(registry.publish, (publisher, REF, NEXT, LAST, LAST)), 54_500);
    }

    function test_PublishWithoutARef() public {
        assertCosts(publisher, abi.encodeCall(registry.publish, (publisher, NONE, NEXT, NONE, NONE)), 48_000);
    }

    function test_PointToTheNextVersion() public {
        assertCosts(publisher, abi.encodeCall(registry.point, (publisher, REF, NEXT, LAST)), 31_000);
    }

    function test_Retract() public {
        assertCosts(publisher, abi.encodeCall(registry.retract, (Reference.leafOf(LAST))), 29_000);
    }

    function test_DisownAllOfAnEditor() public {
        assertCosts(publisher, abi.encodeCall(registry.setEditor, (editor, NOW)), 29_000);
    }

    function test_RelayThePublishers() public {
        assertCosts(relayer, relayedByPublisher, 63_000);
    }

    function test_RelayAnEditors() public {
        assertCosts(relayer, relayedByEditor, 65_500);
    }

    function test_CostsNothingMoreAfterAHundredOthers() public {
        uint256 before = gasOf(publisher, abi.encodeCall(registry.publish, (publisher, NONE, "b1", NONE, NONE)));
        for (uint256 i = 1; i <= 100; ++i) {
            publish(publisher, NONE, bytes32(i), NONE, NONE);
        }
        assertEq(gasOf(publisher, abi.encodeCall(registry.publish, (publisher, NONE, "b2", NONE, NONE))), before, "gas");
    }

    /* READING FROM ANOTHER CONTRACT: this one, with what a call to a cold account costs */

    function test_ReadADocumentPublishedAlone() public view {
        assertReads(verifyOne, 6_300);
    }

    function test_ReadOneOfAThousand() public view {
        assertReads(verifyOneOfAThousand, 10_500);
    }

    function assertCosts(address by, bytes memory data, uint256 bar) private {
        uint256 gas = gasOf(by, data);
        assertAtMost(gas, bar, "gas");
        // A bar far above the cost holds nothing.
        assertAtMost(bar * 9 / 10, gas, "lower the bar");
    }

    function gasOf(address by, bytes memory data) private returns (uint256 gas) {
        vm.prank(by);
        (bool done,) = address(registry).call(data);
        gas = 21_000 + vm.lastCallGas().gasTotalUsed;
        assertTrue(done, "was refused");
        for (uint256 i; i < data.length; ++i) {
            gas += data[i] == 0 ? 4 : 16;
        }
    }

    function assertReads(bytes memory data, uint256 bar) private view {
        address to = address(registry);
        uint256 gas = gasleft();
        (bool done, bytes memory answer) = to.staticcall(data);
        gas -= gasleft();
        assertAtMost(gas, bar, "gas");
        assertAtMost(bar * 9 / 10, gas, "lower the bar");
        (uint256 publishedAt, uint256 retractedAt, address by) = abi.decode(answer, (uint256, uint256, address));
        assertTrue(done && publishedAt == NOW && retractedAt == 0 && by == publisher, "read something else");
    }

    function relayData(uint256 key, address by) private view returns (bytes memory) {
        Publish memory message = Publish(publisher, by, REF, NEXT, LAST, NONE, NOW + 1);
        return abi.encodeCall(registry.publishFor, (publisher, REF, NEXT, LAST, NONE, NOW + 1, by, sign(key, message)));
    }
}
