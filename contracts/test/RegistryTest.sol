// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ITrendRegistry} from "../ITrendRegistry.sol";
import {Publish, Reference} from "./Reference.sol";
import {Test} from "./Test.sol";
import {Vm} from "./Vm.sol";

/// @notice A registry with nothing in it, and four accounts: a publisher, its editor, one who relays, and a stranger.
abstract contract RegistryTest is Test {
    uint256 internal constant NOW = 1_800_000_000;
    /// @dev The last second that a record can hold.
    uint256 internal constant END = type(uint40).max;
    bytes32 internal constant REF = "local-first";
    bytes32 internal constant NONE = 0;

    uint256 internal constant PUBLISHER_KEY = uint256(keccak256("publisher"));
    uint256 internal constant EDITOR_KEY = uint256(keccak256("editor"));
    uint256 internal constant STRANGER_KEY = uint256(keccak256("stranger"));
    address internal immutable publisher = vm.addr(PUBLISHER_KEY);
    address internal immutable editor = vm.addr(EDITOR_KEY);
    address internal immutable stranger = vm.addr(STRANGER_KEY);
    address internal immutable relayer = vm.addr(uint256(keccak256("relayer")));

    ITrendRegistry internal registry;

    function setUp() public virtual {
        vm.warp(NOW);
        registry = ITrendRegistry(deploy("TrendRegistry.sol:TrendRegistry"));
    }

    /* CALLS */

    function publish(address by, bytes32 ref, bytes32 digest, bytes32 parent, bytes32 tree) internal {
        vm.prank(by);
        registry.publish(publisher, ref, digest, parent, tree);
    }

    function point(address by, bytes32 ref, bytes32 digest, bytes32 parent) internal {
        vm.prank(by);
        registry.point(publisher, ref, digest, parent);
    }

    function retract(bytes32 node) internal {
        vm.prank(publisher);
        registry.retract(node);
    }

    function setEditor(address account, uint256 until) internal {
        vm.prank(publisher);
        registry.setEditor(account, until);
    }

    /// @notice Sends what was signed, as anyone may.
    function relay(Publish memory message, bytes memory signature) internal {
        vm.prank(relayer);
        registry.publishFor(
            message.publisher,
            message.ref,
            message.digest,
            message.parent,
            message.tree,
            message.deadline,
            message.editor,
            signature
        );
    }

    function sign(uint256 key, Publish memory message) internal view returns (bytes memory) {
        return signatureOf(key, Reference.hashOf(message, block.chainid, address(registry)));
    }

    function signatureOf(uint256 key, bytes32 signed) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, signed);
        return abi.encodePacked(r, s, v);
    }

    /* EXPECTATIONS */

    function expectNotEditor(address account) internal {
        vm.expectRevert(abi.encodeWithSelector(ITrendRegistry.NotEditor.selector, publisher, account));
    }

    function expectAlreadyRecorded(bytes32 node) internal {
        vm.expectRevert(abi.encodeWithSelector(ITrendRegistry.AlreadyRecorded.selector, node));
    }

    function expectAlreadyRetracted(bytes32 node) internal {
        vm.expectRevert(abi.encodeWithSelector(ITrendRegistry.AlreadyRetracted.selector, node));
    }

    function expectStaleParent(bytes32 ref, bytes32 head) internal {
        vm.expectRevert(abi.encodeWithSelector(ITrendRegistry.StaleParent.selector, ref, head));
    }

    function expectExpired(uint256 deadline) internal {
        vm.expectRevert(abi.encodeWithSelector(ITrendRegistry.Expired.selector, deadline));
    }

    function expectBadSignature(address account) internal {
        vm.expectRevert(abi.encodeWithSelector(ITrendRegistry.BadSignature.selector, account));
    }

    function expectZeroRef(bytes32 digest) internal {
        vm.expectRevert(abi.encodeWithSelector(ITrendRegistry.ZeroRef.selector, digest));
    }

    function expectZeroDigest(bytes32 ref) internal {
        vm.expectRevert(abi.encodeWithSelector(ITrendRegistry.ZeroDigest.selector, ref));
    }

    /* ASSERTIONS */

    function assertRecord(address by, bytes32 node, uint256 publishedAt, uint256 retractedAt, address account)
        internal
        view
    {
        (uint256 published, uint256 retracted, address recordedBy) = registry.records(by, node);
        assertEq(published, publishedAt, "published at");
        assertEq(retracted, retractedAt, "retracted at");
        assertEq(recordedBy, account, "editor of the record");
    }

    function assertVerified(
        bytes32 digest,
        bytes32[] memory proof,
        uint256 publishedAt,
        uint256 retractedAt,
        address by
    ) internal view {
        (uint256 published, uint256 retracted, address recordedBy) = registry.verify(publisher, digest, proof);
        assertEq(published, publishedAt, "verify: published at");
        assertEq(retracted, retractedAt, "verify: retracted at");
        assertEq(recordedBy, by, "verify: editor");
    }

    function assertHead(bytes32 ref, bytes32 digest) internal view {
        assertEq(registry.heads(publisher, ref), digest, "head");
    }

    /// @notice That since {Vm.recordLogs} the registry logged this, and nobody logged anything else.
    function assertOnlyLog(bytes32[] memory topics, bytes memory data) internal {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        assertEq(logs.length, 1, "number of logs");
        assertEq(logs[0].emitter, address(registry), "emitter");
        assertEq(abi.encode(logs[0].topics), abi.encode(topics), "topics");
        assertEq(logs[0].data, data, "data");
    }

    /* VALUES */

    function alone() internal pure returns (bytes32[] memory proof) {}

    function only(bytes32 sibling) internal pure returns (bytes32[] memory proof) {
        proof = new bytes32[](1);
        proof[0] = sibling;
    }

    function word(address account) internal pure returns (bytes32) {
        return bytes32(uint256(uint160(account)));
    }

    function topicsOf(bytes32 a, bytes32 b, bytes32 c) internal pure returns (bytes32[] memory list) {
        list = new bytes32[](3);
        (list[0], list[1], list[2]) = (a, b, c);
    }

    function topicsOf(bytes32 a, bytes32 b, bytes32 c, bytes32 d) internal pure returns (bytes32[] memory list) {
        list = new bytes32[](4);
        (list[0], list[1], list[2], list[3]) = (a, b, c, d);
    }

    function isOneOf(bytes32 a, bytes32 b, bytes32 c) internal pure returns (bool) {
        return a == b || a == c;
    }
}
