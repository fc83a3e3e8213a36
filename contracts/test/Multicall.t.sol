// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ITrendRegistry} from "../ITrendRegistry.sol";
import {Publish, Reference} from "./Reference.sol";
import {RegistryTest} from "./RegistryTest.sol";
import {Vm} from "./Vm.sol";

contract MulticallTest is RegistryTest {
    function test_MakesEachCallAsTheCaller(bytes32 ref, bytes32 first, bytes32 second) public {
        vm.assume(ref != 0 && first != 0 && second != 0 && first != second);
        bytes[] memory calls = new bytes[](4);
        calls[0] = abi.encodeCall(registry.publish, (publisher, ref, first, NONE, NONE));
        calls[1] = abi.encodeCall(registry.point, (publisher, ref, second, first));
        calls[2] = abi.encodeCall(registry.retract, (Reference.leafOf(first)));
        calls[3] = abi.encodeCall(registry.setEditor, (editor, NOW));
        vm.prank(publisher);
        bytes[] memory results = registry.multicall(calls);
        assertEq(results.length, 4, "number of results");
        for (uint256 i; i < 4; ++i) {
            assertEq(results[i].length, 0, "result of a verb");
        }
        assertHead(ref, second);
        assertRecord(publisher, Reference.leafOf(first), NOW, NOW, publisher);
        assertEq(registry.editors(publisher, editor), NOW, "until");
    }

    function test_LogsWhatEachCallLogs(bytes32 node, address account, uint256 until) public {
        bytes[] memory calls = new bytes[](2);
        calls[0] = abi.encodeCall(registry.retract, (node));
        calls[1] = abi.encodeCall(registry.setEditor, (account, until));
        vm.recordLogs();
        vm.prank(publisher);
        registry.multicall(calls);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        assertEq(logs.length, 2, "number of logs");
        assertEq(logs[0].topics[0], ITrendRegistry.Retracted.selector, "first");
        assertEq(logs[1].topics[0], ITrendRegistry.EditorSet.selector, "second");
        assertEq(logs[1].topics[1], word(publisher), "publisher");
    }

    function test_LandsNothingWhereOneCallIsRefused(bytes32 digest, uint256 place) public {
        vm.assume(digest != 0);
        bytes[] memory calls = new bytes[](3);
        for (uint256 i; i < 3; ++i) {
            calls[i] = abi.encodeCall(registry.publish, (publisher, NONE, bytes32(i + 1), NONE, digest));
        }
        calls[place % 3] = abi.encodeCall(registry.point, (publisher, NONE, digest, NONE));
        expectZeroRef(digest);
        vm.prank(publisher);
        registry.multicall(calls);
        for (uint256 i; i < 3; ++i) {
            assertRecord(publisher, Reference.keyOf(bytes32(i + 1), digest), 0, 0, address(0));
        }
    }

    function test_LendsNobodyTheRightsOfAnother(bytes32 digest) public {
        vm.assume(digest != 0);
        bytes[] memory calls = new bytes[](1);
        calls[0] = abi.encodeCall(registry.publish, (publisher, REF, digest, NONE, NONE));
        expectNotEditor(stranger);
        vm.prank(stranger);
        registry.multicall(calls);
        // Nor in calls within calls.
        bytes[] memory outer = new bytes[](1);
        outer[0] = abi.encodeCall(registry.multicall, (calls));
        expectNotEditor(stranger);
        vm.prank(stranger);
        registry.multicall(outer);
        vm.prank(publisher);
        registry.multicall(outer);
        assertRecord(publisher, Reference.leafOf(digest), NOW, 0, publisher);
    }

    function test_RelaysTheMessagesOfSeveral(bytes32 digest) public {
        vm.assume(digest != 0);
        setEditor(editor, NOW);
        bytes[] memory calls = new bytes[](2);
        calls[0] = relayed(PUBLISHER_KEY, Publish(publisher, publisher, REF, digest, NONE, NONE, NOW));
        calls[1] = relayed(EDITOR_KEY, Publish(publisher, editor, REF, digest, digest, "tree", NOW));
        vm.prank(relayer);
        registry.multicall(calls);
        assertRecord(publisher, Reference.leafOf(digest), NOW, 0, publisher);
        assertRecord(publisher, Reference.keyOf(digest, "tree"), NOW, 0, editor);
        assertHead(REF, digest);
    }

    function test_AnswersWithWhatEachCallAnswers(bytes32 digest) public {
        vm.assume(digest != 0);
        publish(publisher, REF, digest, NONE, NONE);
        bytes[] memory calls = new bytes[](3);
        calls[0] = abi.encodeCall(registry.verify, (publisher, digest, alone()));
        calls[1] = abi.encodeCall(registry.leafOf, (digest));
        calls[2] = abi.encodeCall(registry.heads, (publisher, REF));
        bytes[] memory results = registry.multicall(calls);
        assertEq(results[0], abi.encode(NOW, 0, publisher), "verify");
        assertEq(results[1], abi.encode(Reference.leafOf(digest)), "leafOf");
        assertEq(results[2], abi.encode(digest), "heads");
    }

    function test_DoesNothingWithNoCalls() public {
        vm.recordLogs();
        assertEq(registry.multicall(new bytes[](0)).length, 0, "results");
        assertEq(vm.getRecordedLogs().length, 0, "logs");
    }

    function test_RefusesAnyValue(uint256 value) public {
        value = bound(value, 1, type(uint128).max);
        vm.deal(publisher, value);
        bytes[] memory calls = new bytes[](1);
        calls[0] = abi.encodeCall(registry.retract, ("a"));
        vm.prank(publisher);
        (bool done, bytes memory answer) =
            address(registry).call{value: value}(abi.encodeCall(registry.multicall, (calls)));
        assertTrue(!done && answer.length == 0, "took the value");
        assertRecord(publisher, "a", 0, 0, address(0));
        assertEq(address(registry).balance, 0, "balance");
    }

    function test_RefusesACallOfNoFunction(bytes4 selector) public {
        bytes[] memory calls = new bytes[](1);
        calls[0] = abi.encodePacked(bytes4(keccak256(abi.encode(selector))));
        (bool done,) = address(registry).call(abi.encodeCall(registry.multicall, (calls)));
        assertTrue(!done, "made a call of no function");
    }

    function relayed(uint256 key, Publish memory message) private view returns (bytes memory) {
        return abi.encodeCall(
            registry.publishFor,
            (
                message.publisher,
                message.ref,
                message.digest,
                message.parent,
                message.tree,
                message.deadline,
                message.editor,
                sign(key, message)
            )
        );
    }
}
