// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ITrendRegistry} from "../ITrendRegistry.sol";
import {Publish, Reference} from "./Reference.sol";
import {RegistryTest} from "./RegistryTest.sol";
import {Tree} from "./Tree.sol";

/// @notice Copying what another is about to publish, and taking names.
contract CopyingTest is RegistryTest {
    function test_ACopiedDigestLandsUnderTheThiefAndStopsNobody(bytes32 ref, bytes32 digest, bytes32 tree, bool first)
        public
    {
        vm.assume(digest != 0);
        if (first) steal(ref, digest, tree);
        publish(publisher, ref, digest, NONE, tree);
        if (!first) steal(ref, digest, tree);
        assertRecord(publisher, Reference.keyOf(digest, tree), NOW, 0, publisher);
        assertRecord(stranger, Reference.keyOf(digest, tree), NOW, 0, stranger);
        assertHead(ref, ref == 0 ? NONE : digest);
    }

    function test_ANameThatAnotherTookIsFreeAllTheSame(bytes32 ref, bytes32 theirs, bytes32 ours) public {
        vm.assume(ref != 0 && theirs != 0 && ours != 0);
        steal(ref, theirs, NONE);
        assertHead(ref, 0);
        publish(publisher, ref, ours, NONE, NONE);
        assertHead(ref, ours);
        assertEq(registry.heads(stranger, ref), theirs, "head of the stranger");
    }

    function test_WhatTheThiefTakesBackStands(bytes32 digest) public {
        vm.assume(digest != 0);
        publish(publisher, NONE, digest, NONE, NONE);
        vm.prank(stranger);
        registry.retract(Reference.leafOf(digest));
        assertVerified(digest, alone(), NOW, 0, publisher);
    }

    function test_ARelayerThatIsOvertakenFailsWithTheWholeOfItsCalls(bytes32 digest) public {
        vm.assume(digest != 0);
        Publish memory message = Publish(publisher, publisher, NONE, digest, NONE, NONE, NOW);
        bytes memory signed = sign(PUBLISHER_KEY, message);
        bytes[] memory calls = new bytes[](2);
        calls[0] = abi.encodeCall(registry.retract, ("a"));
        calls[1] = abi.encodeCall(registry.publishFor, (publisher, NONE, digest, NONE, NONE, NOW, publisher, signed));
        relay(message, signed);
        expectAlreadyRecorded(Reference.leafOf(digest));
        vm.prank(stranger);
        registry.multicall(calls);
        assertRecord(stranger, "a", 0, 0, address(0));
    }

    function steal(bytes32 ref, bytes32 digest, bytes32 tree) private {
        vm.prank(stranger);
        registry.publish(stranger, ref, digest, NONE, tree);
    }
}

/// @notice Two who move one ref, and an order that the chain changes.
contract RacingTest is RegistryTest {
    address private other;

    function setUp() public override {
        super.setUp();
        other = relayer;
        setEditor(editor, type(uint256).max);
        setEditor(other, type(uint256).max);
        publish(publisher, REF, "version 1", NONE, NONE);
    }

    function test_OfTwoEditorsFromOneParentTheSecondIsRefused(bytes32 one, bytes32 another, bool turned) public {
        vm.assume(one != 0 && another != 0 && one != another && another != "version 1" && one != "version 1");
        (address first, address second) = turned ? (other, editor) : (editor, other);
        publish(first, REF, one, "version 1", NONE);
        expectStaleParent(REF, one);
        publish(second, REF, another, "version 1", NONE);
        assertHead(REF, one);
        assertVerified(another, alone(), 0, 0, address(0));
    }

    function test_TheThirdVersionCannotLandBeforeTheSecond(bytes32 second, bytes32 third) public {
        vm.assume(second != 0 && third != 0 && second != third && second != "version 1" && third != "version 1");
        expectStaleParent(REF, "version 1");
        publish(publisher, REF, third, second, NONE);
        publish(publisher, REF, second, "version 1", NONE);
        publish(publisher, REF, third, second, NONE);
        assertHead(REF, third);
    }

    function test_AParentCannotTellAWayForthAndBackWhichIsWhyDeadlinesAreShort(bytes32 digest, bytes32 between) public {
        vm.assume(digest != 0 && digest != "version 1" && between != "version 1" && between != 0);
        Publish memory message = Publish(publisher, publisher, REF, digest, "version 1", NONE, NOW);
        bytes memory signed = sign(PUBLISHER_KEY, message);
        point(publisher, REF, between, "version 1");
        expectStaleParent(REF, between);
        relay(message, signed);
        point(publisher, REF, "version 1", between);
        relay(message, signed);
        assertHead(REF, digest);
        // Once, for all that.
        point(publisher, REF, "version 1", digest);
        expectAlreadyRecorded(Reference.leafOf(digest));
        relay(message, signed);
    }
}

/// @notice The key of an editor in the wrong hands.
contract StolenKeyTest is RegistryTest {
    function setUp() public override {
        super.setUp();
        setEditor(editor, NOW + 1 days);
        publish(publisher, REF, "a", NONE, NONE);
    }

    function test_TakesNothingBackErasesNothingAndAppointsNobody(address account) public {
        vm.assume(account != publisher && account != editor);
        vm.prank(editor);
        registry.retract(Reference.leafOf("a"));
        vm.prank(editor);
        registry.setEditor(account, type(uint256).max);
        vm.prank(editor);
        registry.setEditor(editor, type(uint256).max);
        expectZeroDigest(REF);
        point(editor, REF, NONE, "a");
        expectNotEditor(account);
        publish(account, NONE, "b", NONE, NONE);
        assertVerified("a", alone(), NOW, 0, publisher);
        assertHead(REF, "a");
        assertEq(registry.editors(publisher, editor), NOW + 1 days, "until");
    }

    function test_IsCutOffAtTheTimeOfTheTheftAndThePublisherPutsTheRefBack(uint256 theft, uint256 found) public {
        theft = bound(theft, NOW + 1, NOW + 1 days - 1);
        found = bound(found, theft + 1, NOW + 1 days);
        vm.warp(theft);
        publish(editor, REF, "honest", "a", NONE);
        vm.warp(found);
        publish(editor, REF, "forged", "honest", NONE);
        setEditor(editor, theft);
        point(publisher, REF, "honest", "forged");
        assertVerified("honest", alone(), theft, 0, editor);
        assertVerified("forged", alone(), found, found, editor);
        assertHead(REF, "honest");
        expectNotEditor(editor);
        point(editor, REF, "forged", "honest");
    }

    function test_CannotKeepThePublisherFromEndingIt(bytes32 forged) public {
        vm.assume(forged != 0 && forged != "a");
        // Whoever ends an editor together with a move of a ref can be overtaken,
        bytes[] memory calls = new bytes[](2);
        calls[0] = abi.encodeCall(registry.setEditor, (editor, NOW - 1));
        calls[1] = abi.encodeCall(registry.point, (publisher, REF, "b", "a"));
        point(editor, REF, forged, "a");
        expectStaleParent(REF, forged);
        vm.prank(publisher);
        registry.multicall(calls);
        // but not who ends it alone.
        setEditor(editor, NOW - 1);
        expectNotEditor(editor);
        point(editor, REF, "a", forged);
        point(publisher, REF, "b", forged);
    }

    function test_ThatIsEndedAtThePresentSecondIsInTimeForThatSecond() public {
        setEditor(editor, NOW);
        publish(editor, NONE, "in the same block", NONE, NONE);
        assertVerified("in the same block", alone(), NOW, 0, editor);
        setEditor(editor, NOW - 1);
        assertVerified("in the same block", alone(), NOW, NOW, editor);
        expectNotEditor(editor);
        publish(editor, NONE, "again", NONE, NONE);
    }

    /// @dev The record of a digest alone is spoilt for good, but a tree gives it another key.
    function test_ThatRecordedADigestFirstIsPassedByWithATree(bytes32 digest) public {
        vm.assume(digest != 0 && digest != "a");
        publish(editor, NONE, digest, NONE, NONE);
        setEditor(editor, 0);
        expectAlreadyRecorded(Reference.leafOf(digest));
        publish(publisher, NONE, digest, NONE, NONE);
        assertVerified(digest, alone(), NOW, NOW, editor);
        bytes32 leaf = Reference.leafOf(digest);
        publish(publisher, NONE, "an edition that lists it", NONE, leaf);
        assertVerified(digest, only(Reference.leafOf("an edition that lists it")), NOW, 0, publisher);
    }
}

/// @notice Calls that no compiler would make.
contract StrangeCallTest is RegistryTest {
    bytes32 private constant FIRST = "a";
    bytes32 private constant LAST = "b";
    bytes32 private constant NEXT = "c";

    function setUp() public override {
        super.setUp();
        setEditor(editor, NOW);
        publish(publisher, REF, FIRST, NONE, NONE);
        publish(editor, REF, LAST, FIRST, "tree");
    }

    function test_AStrangerChangesNothingOfThePublisherWithAnyData(uint256 verb, bytes calldata data) public {
        bytes4[7] memory verbs = [
            registry.publish.selector,
            registry.publishFor.selector,
            registry.point.selector,
            registry.retract.selector,
            registry.setEditor.selector,
            registry.multicall.selector,
            bytes4(keccak256(data))
        ];
        vm.prank(stranger);
        (bool done,) = address(registry).call{gas: 10_000_000}(bytes.concat(verbs[verb % 7], data));
        done;
        assertUntouched();
    }

    function test_AStrangerChangesNothingOfThePublisherWithAnyWords(uint256 verb, bytes32[4] calldata words) public {
        bytes4[4] memory verbs = [
            registry.publish.selector, registry.point.selector, registry.retract.selector, registry.setEditor.selector
        ];
        vm.prank(stranger);
        (bool done,) = address(registry).call(abi.encodePacked(verbs[verb % 4], word(publisher), words));
        done;
        assertUntouched();
    }

    function test_RefusesAnAddressWithDirtBesideIt(uint96 dirt, bytes32 digest) public {
        vm.assume(dirt != 0 && digest != 0 && digest != FIRST && digest != LAST);
        bytes32 dirty = word(publisher) | bytes32(uint256(dirt) << 160);
        assertUncallable(abi.encodeWithSelector(registry.publish.selector, dirty, NONE, digest, NONE, NONE));
        assertUncallable(abi.encodeWithSelector(registry.point.selector, dirty, REF, digest, LAST));
        assertUncallable(abi.encodeWithSelector(registry.setEditor.selector, dirty, NOW));
        assertUncallable(abi.encodeWithSelector(registry.verify.selector, dirty, digest, 96, 0));
        assertUncallable(abi.encodeWithSelector(registry.records.selector, dirty, digest));
        assertUncallable(abi.encodeWithSelector(registry.heads.selector, dirty, digest));
        assertUncallable(abi.encodeWithSelector(registry.editors.selector, publisher, dirty));
        publish(publisher, NONE, digest, NONE, NONE);
        point(publisher, REF, digest, LAST);
    }

    function test_RefusesTooLittleData(uint256 length) public {
        bytes memory data = abi.encodeCall(registry.publish, (publisher, REF, NEXT, LAST, NONE));
        length = bound(length, 0, data.length - 1);
        assembly ("memory-safe") {
            mstore(data, length)
        }
        assertUncallable(data);
    }

    function test_RefusesAProofOrASignatureThatIsNotThere(uint256 length) public {
        length = bound(length, 1, type(uint256).max);
        assertUncallable(abi.encodeWithSelector(registry.verify.selector, publisher, FIRST, 96, length));
        assertUncallable(
            abi.encodeWithSelector(
                registry.publishFor.selector, publisher, REF, NEXT, LAST, NONE, NOW, publisher, 256, length
            )
        );
    }

    function test_TakesNoValueInAnyFunction(uint256 function_, uint256 value) public {
        value = bound(value, 1, type(uint128).max);
        vm.deal(publisher, value);
        bytes[13] memory datas = [
            abi.encodeCall(registry.publish, (publisher, REF, NEXT, LAST, NONE)),
            abi.encodeCall(registry.publishFor, (publisher, REF, NEXT, LAST, NONE, NOW, publisher, "")),
            abi.encodeCall(registry.point, (publisher, REF, NEXT, LAST)),
            abi.encodeCall(registry.retract, (FIRST)),
            abi.encodeCall(registry.setEditor, (editor, NOW)),
            abi.encodeCall(registry.multicall, (new bytes[](0))),
            abi.encodeCall(registry.verify, (publisher, FIRST, alone())),
            abi.encodeCall(registry.leafOf, (FIRST)),
            abi.encodeCall(registry.records, (publisher, FIRST)),
            abi.encodeCall(registry.heads, (publisher, REF)),
            abi.encodeCall(registry.editors, (publisher, editor)),
            bytes(""),
            abi.encodePacked(bytes4(keccak256("receive()")))
        ];
        vm.prank(publisher);
        (bool done,) = address(registry).call{value: value}(datas[function_ % 13]);
        assertTrue(!done, "took the value");
        assertUntouched();
    }

    function assertUncallable(bytes memory data) private {
        vm.prank(publisher);
        (bool done, bytes memory answer) = address(registry).call(data);
        assertTrue(!done && answer.length == 0, "took a call that no compiler makes");
    }

    function assertUntouched() private view {
        assertRecord(publisher, Reference.leafOf(FIRST), NOW, 0, publisher);
        assertRecord(publisher, Reference.keyOf(LAST, "tree"), NOW, 0, editor);
        assertHead(REF, LAST);
        assertEq(registry.editors(publisher, editor), NOW, "until");
        assertEq(registry.editors(publisher, stranger), 0, "until of the stranger");
        assertEq(address(registry).balance, 0, "balance");
    }
}

/// @notice Trees that were made to deceive.
contract DeceivingTreeTest is RegistryTest {
    function test_AnEditionAndItsOnlyMemberShareOneKeySoTheyAreRecordedOnce(bytes32 one, bytes32 another) public {
        vm.assume(one != 0 && another != 0);
        publish(publisher, NONE, one, NONE, Reference.leafOf(another));
        assertVerified(one, only(Reference.leafOf(another)), NOW, 0, publisher);
        assertVerified(another, only(Reference.leafOf(one)), NOW, 0, publisher);
        expectAlreadyRecorded(Reference.keyOf(one, Reference.leafOf(another)));
        publish(publisher, NONE, another, NONE, Reference.leafOf(one));
    }

    /// @dev The preimage of a leaf has 37 bytes and that of a node 64, so none is the other's.
    function test_ALeafThatIsPassedOffAsADigestOrANodeIsRefused(bytes32 digest, bytes32 sibling, bytes32 edition)
        public
    {
        vm.assume(edition != 0);
        bytes32 tree = Reference.nodeOf(Reference.leafOf(digest), Reference.leafOf(sibling));
        publish(publisher, NONE, edition, NONE, tree);
        bytes32[] memory rest = only(Reference.leafOf(edition));
        assertVerified(tree, rest, 0, 0, address(0));
        assertVerified(
            Reference.leafOf(digest), Tree.append(only(Reference.leafOf(sibling)), rest[0]), 0, 0, address(0)
        );
        assertVerified(Reference.keyOf(edition, tree), alone(), 0, 0, address(0));
        assertVerified(Reference.leafOf(edition), only(tree), 0, 0, address(0));
    }

    function test_ATreeIsOnlyAsGoodAsItsPublisherSoAStrangersListsCountForTheStranger(bytes32 digest) public {
        vm.assume(digest != 0);
        vm.prank(stranger);
        registry.publish(stranger, NONE, "a strange edition", NONE, Reference.leafOf(digest));
        assertVerified(digest, only(Reference.leafOf("a strange edition")), 0, 0, address(0));
    }
}

/// @notice A contract wallet that uses its turn to answer for something else.
contract HostileWallet {
    ITrendRegistry private immutable registry;

    constructor(ITrendRegistry registry_) {
        registry = registry_;
    }

    function isValidSignature(bytes32 hash, bytes calldata) external returns (bytes4) {
        registry.publish(address(this), 0, hash, 0, 0);
        return this.isValidSignature.selector;
    }
}

contract HostileWalletTest is RegistryTest {
    address private wallet;

    function test_CannotCallBackIntoTheRegistry(bytes32 digest) public {
        vm.assume(digest != 0);
        wallet = address(new HostileWallet(registry));
        expectBadSignature(wallet);
        relay(messageOf(digest), "");
        assertRecord(wallet, Reference.leafOf(digest), 0, 0, address(0));
    }

    function test_ThatBurnsAllGasIsRefusedOnWhatIsLeft(bytes32 digest) public {
        vm.assume(digest != 0);
        wallet = address(uint160(uint256(digest)));
        vm.assume(wallet.code.length == 0 && uint160(wallet) > 0xffff);
        // Turns in a circle.
        vm.etch(wallet, hex"5b5f56");
        bytes memory data = abi.encodeCall(registry.publishFor, (wallet, REF, digest, NONE, NONE, NOW, wallet, ""));
        (bool done, bytes memory answer) = address(registry).call{gas: 2_000_000}(data);
        assertTrue(!done, "landed");
        assertEq(answer, abi.encodeWithSelector(ITrendRegistry.BadSignature.selector, wallet), "answer");
    }

    function test_ThatAnswersWithAMegabyteCostsTheRegistryNothingMore() public {
        wallet = address(uint160(uint256(keccak256("wallet"))));
        // Returns a megabyte: yes, and then nothing.
        vm.etch(wallet, abi.encodePacked(hex"7f", bytes32(bytes4(0x1626ba7e)), hex"5f52", hex"62100000", hex"5ff3"));
        relay(messageOf("a"), "");
        uint256 gas = vm.lastCallGas().gasTotalUsed;
        assertRecord(wallet, Reference.leafOf("a"), NOW, 0, wallet);
        // Of its memory the wallet pays 2.2 million gas; another copy of it would cost as much again.
        assertAtMost(gas, 2_500_000, "gas");
        assertAtMost(2_000_000, gas, "no megabyte was answered");
    }

    function messageOf(bytes32 digest) private view returns (Publish memory) {
        return Publish(wallet, wallet, REF, digest, NONE, NONE, NOW);
    }
}

/// @notice A wallet whose owner can be another tomorrow, which a key cannot.
contract OwnedWallet {
    address public owner;

    constructor(address owner_) {
        owner = owner_;
    }

    function hand(address next) external {
        require(msg.sender == owner);
        owner = next;
    }

    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
        (bytes32 r, bytes32 s, uint8 v) = abi.decode(signature, (bytes32, bytes32, uint8));
        return ecrecover(hash, v, r, s) == owner ? this.isValidSignature.selector : bytes4(0);
    }
}

contract OwnedWalletTest is RegistryTest {
    function test_AWalletKeepsItsNameWhenItsOwnerChanges(bytes32 first, bytes32 second) public {
        vm.assume(first != 0 && second != 0 && first != second);
        OwnedWallet wallet = new OwnedWallet(stranger);
        relay(messageOf(wallet, first), signedBy(STRANGER_KEY, messageOf(wallet, first)));
        vm.prank(stranger);
        wallet.hand(editor);
        bytes memory signed = signedBy(STRANGER_KEY, messageOf(wallet, second));
        expectBadSignature(address(wallet));
        relay(messageOf(wallet, second), signed);
        relay(messageOf(wallet, second), signedBy(EDITOR_KEY, messageOf(wallet, second)));
        assertRecord(address(wallet), Reference.leafOf(second), NOW, 0, address(wallet));
    }

    function test_AWalletIsNotSpokenForByAnotherOfTheSameOwner(bytes32 digest) public {
        vm.assume(digest != 0);
        (OwnedWallet one, OwnedWallet other) = (new OwnedWallet(stranger), new OwnedWallet(stranger));
        bytes memory signed = signedBy(STRANGER_KEY, messageOf(one, digest));
        expectBadSignature(address(other));
        relay(messageOf(other, digest), signed);
        relay(messageOf(one, digest), signed);
    }

    function test_AWalletThatIsNotDeployedYetIsRefusedAlsoInTheWrappingOfErc6492(bytes32 digest, bytes calldata inner)
        public
    {
        vm.assume(digest != 0);
        address later = address(uint160(uint256(keccak256("later"))));
        Publish memory message = Publish(later, later, NONE, digest, NONE, NONE, NOW);
        bytes32 magic = 0x6492649264926492649264926492649264926492649264926492649264926492;
        expectBadSignature(later);
        relay(message, bytes.concat(abi.encode(stranger, bytes(""), inner), magic));
    }

    function messageOf(OwnedWallet wallet, bytes32 digest) private pure returns (Publish memory) {
        return Publish(address(wallet), address(wallet), NONE, digest, NONE, NONE, NOW);
    }

    function signedBy(uint256 key, Publish memory message) private view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, Reference.hashOf(message, block.chainid, address(registry)));
        return abi.encode(r, s, v);
    }
}
