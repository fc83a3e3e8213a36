// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ITrendRegistry} from "../ITrendRegistry.sol";
import {Publish, Reference} from "./Reference.sol";
import {RegistryTest} from "./RegistryTest.sol";

contract PublishForTest is RegistryTest {
    /// @dev Of secp256k1.
    uint256 private constant CURVE_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;

    /* WHAT LANDS */

    function test_LandsWhatThePublisherSigned(bytes32 ref, bytes32 digest, bytes32 tree, uint256 deadline) public {
        vm.assume(digest != 0);
        Publish memory message = messageOf(publisher, ref, digest, tree, bound(deadline, NOW, type(uint256).max));
        relay(message, sign(PUBLISHER_KEY, message));
        assertRecord(publisher, Reference.keyOf(digest, tree), NOW, 0, publisher);
        assertHead(ref, ref == 0 ? NONE : digest);
    }

    function test_LandsWhatAnEditorSignedAndRecordsTheEditor(bytes32 ref, bytes32 digest, bytes32 tree) public {
        vm.assume(digest != 0);
        setEditor(editor, NOW);
        Publish memory message = messageOf(editor, ref, digest, tree, NOW);
        relay(message, sign(EDITOR_KEY, message));
        assertRecord(publisher, Reference.keyOf(digest, tree), NOW, 0, editor);
        assertHead(ref, ref == 0 ? NONE : digest);
    }

    function test_MovesTheRefFromTheParentThatWasSigned(bytes32 ref, bytes32 head, bytes32 digest) public {
        vm.assume(ref != 0 && digest != 0);
        point(publisher, ref, head, NONE);
        Publish memory message = messageOf(publisher, ref, digest, NONE, NOW);
        message.parent = head;
        relay(message, sign(PUBLISHER_KEY, message));
        assertHead(ref, digest);
    }

    function test_LogsAsPublishDoes(bytes32 ref, bytes32 digest, bytes32 tree) public {
        vm.assume(digest != 0);
        Publish memory message = messageOf(publisher, ref, digest, tree, NOW);
        bytes memory signed = sign(PUBLISHER_KEY, message);
        vm.recordLogs();
        relay(message, signed);
        assertOnlyLog(topicsOf(ITrendRegistry.Published.selector, word(publisher), ref, digest), abi.encodePacked(tree));
    }

    function test_IsSentByAnyone(address sender, bytes32 digest) public {
        vm.assume(digest != 0);
        Publish memory message = messageOf(publisher, REF, digest, NONE, NOW);
        bytes memory signed = sign(PUBLISHER_KEY, message);
        vm.prank(sender);
        registry.publishFor(publisher, REF, digest, NONE, NONE, NOW, publisher, signed);
        assertRecord(publisher, Reference.leafOf(digest), NOW, 0, publisher);
    }

    function test_LandsForAnyKey(uint256 key, bytes32 digest) public {
        vm.assume(digest != 0);
        key = bound(key, 1, CURVE_ORDER - 1);
        Publish memory message = messageOf(vm.addr(key), REF, digest, NONE, NOW);
        message.publisher = message.editor;
        relay(message, sign(key, message));
        assertRecord(message.publisher, Reference.leafOf(digest), NOW, 0, message.publisher);
    }

    /* WHEN */

    function test_RefusesASecondAfterTheDeadline(uint256 deadline, uint256 late) public {
        deadline = bound(deadline, 0, END - 1);
        late = bound(late, 1, END - deadline);
        Publish memory message = messageOf(publisher, REF, "a", NONE, deadline);
        bytes memory signed = sign(PUBLISHER_KEY, message);
        vm.warp(deadline + late);
        expectExpired(deadline);
        relay(message, signed);
    }

    function test_RefusesALateMessageWhateverItsSignature(bytes calldata signed) public {
        expectExpired(NOW - 1);
        relay(messageOf(publisher, REF, "a", NONE, NOW - 1), signed);
    }

    function test_TakesAnEditorsUpToTheEditorsLastSecond(uint256 until) public {
        until = bound(until, 1, END);
        setEditor(editor, until);
        Publish memory message = messageOf(editor, REF, "a", NONE, type(uint256).max);
        bytes memory signed = sign(EDITOR_KEY, message);
        vm.warp(until);
        relay(message, signed);
        assertRecord(publisher, Reference.leafOf("a"), until, 0, editor);
    }

    function test_RefusesAnEditorsASecondLater(uint256 until, uint256 late) public {
        until = bound(until, 0, END - 1);
        late = bound(late, 1, END - until);
        setEditor(editor, until);
        Publish memory message = messageOf(editor, REF, "a", NONE, type(uint256).max);
        bytes memory signed = sign(EDITOR_KEY, message);
        vm.warp(until + late);
        expectNotEditor(editor);
        relay(message, signed);
    }

    function test_LivesAgainWithANewRightOfItsEditor() public {
        Publish memory message = messageOf(editor, REF, "a", NONE, type(uint256).max);
        bytes memory signed = sign(EDITOR_KEY, message);
        setEditor(editor, 0);
        expectNotEditor(editor);
        relay(message, signed);
        setEditor(editor, NOW);
        relay(message, signed);
        assertVerified("a", alone(), NOW, 0, editor);
    }

    /* WHAT IS REFUSED ALTHOUGH IT WAS SIGNED */

    function test_RefusesASecondTime(bytes32 digest, bytes32 tree) public {
        vm.assume(digest != 0);
        Publish memory message = messageOf(publisher, NONE, digest, tree, type(uint256).max);
        bytes memory signed = sign(PUBLISHER_KEY, message);
        relay(message, signed);
        expectAlreadyRecorded(Reference.keyOf(digest, tree));
        relay(message, signed);
    }

    function test_RefusesWhatWasBurntByRetractingItsKey(bytes32 digest, bytes32 tree) public {
        vm.assume(digest != 0);
        Publish memory message = messageOf(publisher, REF, digest, tree, type(uint256).max);
        bytes memory signed = sign(PUBLISHER_KEY, message);
        retract(Reference.keyOf(digest, tree));
        expectAlreadyRecorded(Reference.keyOf(digest, tree));
        relay(message, signed);
    }

    function test_RefusesAParentThatIsNoLongerTheHead(bytes32 head, bytes32 parent) public {
        vm.assume(head != parent);
        Publish memory message = messageOf(publisher, REF, "a", NONE, NOW);
        message.parent = parent;
        bytes memory signed = sign(PUBLISHER_KEY, message);
        point(publisher, REF, head, NONE);
        expectStaleParent(REF, head);
        relay(message, signed);
    }

    function test_RefusesAZeroDigest(bytes32 ref) public {
        Publish memory message = messageOf(publisher, ref, NONE, NONE, NOW);
        bytes memory signed = sign(PUBLISHER_KEY, message);
        expectZeroDigest(ref);
        relay(message, signed);
    }

    function test_RefusesAStrangersGoodSignature(bytes32 ref, bytes32 digest) public {
        vm.assume(digest != 0);
        Publish memory message = messageOf(stranger, ref, digest, NONE, NOW);
        bytes memory signed = sign(STRANGER_KEY, message);
        expectNotEditor(stranger);
        relay(message, signed);
    }

    /* WHAT IS NO SIGNATURE OF THIS MESSAGE */

    function test_RefusesTheSignatureOfAnotherKey(uint256 key) public {
        key = bound(key, 1, CURVE_ORDER - 1);
        vm.assume(key != PUBLISHER_KEY);
        Publish memory message = messageOf(publisher, REF, "a", NONE, NOW);
        bytes memory signed = sign(key, message);
        expectBadSignature(publisher);
        relay(message, signed);
    }

    function test_CoversEveryField(uint256 field, bytes32 change) public {
        vm.assume(change != 0);
        setEditor(editor, type(uint256).max);
        Publish memory message = messageOf(editor, REF, "a", NONE, type(uint256).max / 2);
        bytes memory signed = sign(EDITOR_KEY, message);
        field = field % 7;
        if (field == 0) message.publisher = flipped(message.publisher, change);
        if (field == 1) message.editor = flipped(message.editor, change);
        if (field == 2) message.ref ^= change;
        if (field == 3) message.digest ^= change;
        if (field == 4) message.parent ^= change;
        if (field == 5) message.tree ^= change;
        if (field == 6) message.deadline = bound(uint256(change), NOW, type(uint256).max / 2 - 1);
        expectBadSignature(message.editor);
        relay(message, signed);
    }

    function test_RefusesOnAnotherChain(uint64 chain) public {
        vm.assume(chain != block.chainid);
        Publish memory message = messageOf(publisher, REF, "a", NONE, NOW);
        bytes memory signed = sign(PUBLISHER_KEY, message);
        vm.chainId(chain);
        expectBadSignature(publisher);
        relay(message, signed);
    }

    function test_FollowsAForkToItsNewChainId(uint64 chain) public {
        vm.assume(chain != 0);
        Publish memory message = messageOf(publisher, REF, "a", NONE, NOW);
        vm.chainId(chain);
        relay(message, signatureOf(PUBLISHER_KEY, Reference.hashOf(message, chain, address(registry))));
        assertVerified("a", alone(), NOW, 0, publisher);
    }

    function test_RefusesAtAnotherAddress() public {
        ITrendRegistry twin = ITrendRegistry(deploy("TrendRegistry.sol:TrendRegistry"));
        Publish memory message = messageOf(publisher, REF, "a", NONE, NOW);
        bytes memory signed = sign(PUBLISHER_KEY, message);
        relay(message, signed);
        registry = twin;
        expectBadSignature(publisher);
        relay(message, signed);
    }

    function test_RefusesAMessageOfAnotherDomain(string calldata name, string calldata version) public {
        vm.assume(keccak256(bytes(name)) != keccak256("TrendRegistry") || keccak256(bytes(version)) != keccak256("1"));
        Publish memory message = messageOf(publisher, REF, "a", NONE, NOW);
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256(bytes(name)),
                keccak256(bytes(version)),
                block.chainid,
                address(registry)
            )
        );
        bytes32 signed = keccak256(abi.encodePacked(hex"1901", domain, Reference.structHash(message)));
        expectBadSignature(publisher);
        relay(message, signatureOf(PUBLISHER_KEY, signed));
    }

    function test_RefusesADocumentThatWasSignedAsADocument(bytes32 digest) public {
        vm.assume(digest != 0);
        Publish memory message = messageOf(publisher, NONE, digest, NONE, NOW);
        bytes32 document =
            keccak256(abi.encode(keccak256("Document(address publisher,bytes32 digest)"), publisher, digest));
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("TrendRegistry"),
                keccak256("1"),
                block.chainid,
                address(registry)
            )
        );
        expectBadSignature(publisher);
        relay(message, signatureOf(PUBLISHER_KEY, keccak256(abi.encodePacked(hex"1901", domain, document))));
    }

    function test_RefusesTheHighTwinOfASignature(bytes32 digest) public {
        vm.assume(digest != 0);
        Publish memory message = messageOf(publisher, REF, digest, NONE, NOW);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(PUBLISHER_KEY, hashOf(message));
        bytes memory twin = abi.encodePacked(r, bytes32(CURVE_ORDER - uint256(s)), v == 27 ? uint8(28) : uint8(27));
        expectBadSignature(publisher);
        relay(message, twin);
        relay(message, abi.encodePacked(r, s, v));
    }

    function test_RefusesEveryOtherLength(bytes32 digest, uint256 length) public {
        vm.assume(digest != 0);
        Publish memory message = messageOf(publisher, REF, digest, NONE, NOW);
        length = bound(length, 0, 200);
        vm.assume(length != 65);
        bytes memory signed = sign(PUBLISHER_KEY, message);
        bytes memory resized = new bytes(length);
        for (uint256 i; i < length && i < 65; ++i) {
            resized[i] = signed[i];
        }
        expectBadSignature(publisher);
        relay(message, resized);
    }

    function test_RefusesTheCompactForm(bytes32 digest) public {
        vm.assume(digest != 0);
        Publish memory message = messageOf(publisher, REF, digest, NONE, NOW);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(PUBLISHER_KEY, hashOf(message));
        expectBadSignature(publisher);
        relay(message, abi.encodePacked(r, bytes32(uint256(s) | (uint256(v - 27) << 255))));
    }

    function test_RefusesAnyOtherV(uint8 wrong) public {
        Publish memory message = messageOf(publisher, REF, "a", NONE, NOW);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(PUBLISHER_KEY, hashOf(message));
        vm.assume(wrong != v);
        expectBadSignature(publisher);
        relay(message, abi.encodePacked(r, s, wrong));
    }

    function test_RefusesAnyBitChanged(bytes32 digest, uint256 bit) public {
        vm.assume(digest != 0);
        bit = bound(bit, 0, 65 * 8 - 1);
        Publish memory message = messageOf(publisher, REF, digest, NONE, NOW);
        bytes memory signed = sign(PUBLISHER_KEY, message);
        signed[bit / 8] ^= bytes1(uint8(1 << (bit % 8)));
        expectBadSignature(publisher);
        relay(message, signed);
    }

    function test_RefusesZeroAndOverflowingHalves(uint8 v) public {
        Publish memory message = messageOf(publisher, REF, "a", NONE, NOW);
        (, bytes32 r, bytes32 s) = vm.sign(PUBLISHER_KEY, hashOf(message));
        bytes[4] memory wrong = [
            abi.encodePacked(bytes32(0), s, v),
            abi.encodePacked(r, bytes32(0), v),
            abi.encodePacked(bytes32(0), bytes32(0), v),
            abi.encodePacked(bytes32(CURVE_ORDER), s, v)
        ];
        for (uint256 i; i < wrong.length; ++i) {
            expectBadSignature(publisher);
            relay(message, wrong[i]);
        }
    }

    function test_RefusesWhatIsNoSignatureAtAll(bytes calldata noise) public {
        expectBadSignature(publisher);
        relay(messageOf(publisher, REF, "a", NONE, NOW), noise);
    }

    function test_RefusesTheAddressOfZeroAsASigner(bytes calldata noise) public {
        Publish memory message = messageOf(address(0), REF, "a", NONE, NOW);
        message.publisher = address(0);
        expectBadSignature(address(0));
        relay(message, noise);
        expectBadSignature(address(0));
        relay(message, new bytes(65));
    }

    /* VALUES */

    /// @dev With nothing as its parent.
    function messageOf(address by, bytes32 ref, bytes32 digest, bytes32 tree, uint256 deadline)
        private
        view
        returns (Publish memory)
    {
        return Publish(publisher, by, ref, digest, NONE, tree, deadline);
    }

    function hashOf(Publish memory message) private view returns (bytes32) {
        return Reference.hashOf(message, block.chainid, address(registry));
    }

    /// @dev Another address in any case: a change of 0 in 160 bits becomes 1.
    function flipped(address account, bytes32 change) private pure returns (address) {
        uint160 bits = uint160(uint256(change));
        return address(uint160(account) ^ (bits == 0 ? 1 : bits));
    }
}

/// @notice A wallet as ERC-1271 has it: it approves one hash, and counts nothing.
contract Wallet {
    bytes32 public approved;

    function approve(bytes32 hash) external {
        approved = hash;
    }

    function isValidSignature(bytes32 hash, bytes calldata) external view returns (bytes4) {
        return hash == approved ? this.isValidSignature.selector : bytes4(0xffffffff);
    }
}

contract PublishForAWalletTest is RegistryTest {
    Wallet private wallet;

    function setUp() public override {
        super.setUp();
        wallet = new Wallet();
    }

    function test_LandsWhatTheWalletApprovedWhateverTheSignature(bytes32 digest, bytes calldata signed) public {
        vm.assume(digest != 0);
        Publish memory message = messageOf(digest);
        wallet.approve(Reference.hashOf(message, block.chainid, address(registry)));
        relay(message, signed);
        assertRecord(address(wallet), Reference.leafOf(digest), NOW, 0, address(wallet));
    }

    function test_LandsWhatAWalletApprovedAsAnEditor(bytes32 digest) public {
        vm.assume(digest != 0);
        setEditor(address(wallet), NOW);
        Publish memory message = messageOf(digest);
        message.publisher = publisher;
        wallet.approve(Reference.hashOf(message, block.chainid, address(registry)));
        relay(message, "");
        assertRecord(publisher, Reference.leafOf(digest), NOW, 0, address(wallet));
    }

    function test_RefusesWhatTheWalletDidNotApprove(bytes32 digest, bytes32 another, bytes calldata signed) public {
        vm.assume(digest != 0 && digest != another);
        wallet.approve(Reference.hashOf(messageOf(another), block.chainid, address(registry)));
        expectBadSignature(address(wallet));
        relay(messageOf(digest), signed);
    }

    function test_RefusesAWalletThatAnswersAnythingElse(bytes32 digest, bytes32 answer) public {
        vm.assume(digest != 0 && answer != bytes32(Wallet.isValidSignature.selector));
        // Returns the word, whatever it is called with.
        vm.etch(address(wallet), abi.encodePacked(hex"7f", answer, hex"5f5260205ff3"));
        expectBadSignature(address(wallet));
        relay(messageOf(digest), "");
    }

    function test_RefusesAWalletThatAnswersTooLittleRevertsOrHasNoSuchFunction(bytes32 digest) public {
        vm.assume(digest != 0);
        bytes[4] memory codes = [
            // The word that means yes, cut to its four bytes.
            abi.encodePacked(hex"7f", bytes32(Wallet.isValidSignature.selector), hex"5f5260045ff3"),
            bytes(hex"5f5ffd"),
            bytes(hex"00"),
            bytes(hex"fe")
        ];
        for (uint256 i; i < codes.length; ++i) {
            vm.etch(address(wallet), codes[i]);
            expectBadSignature(address(wallet));
            relay(messageOf(digest), "");
        }
    }

    function test_AsksAnAccountThatWasGivenCodeNotTheKeyItHadBefore(bytes32 digest) public {
        vm.assume(digest != 0);
        Publish memory message = Publish(publisher, publisher, REF, digest, NONE, NONE, NOW);
        bytes memory signed = sign(PUBLISHER_KEY, message);
        vm.etch(publisher, address(wallet).code);
        expectBadSignature(publisher);
        relay(message, signed);
        vm.prank(stranger);
        Wallet(publisher).approve(Reference.hashOf(message, block.chainid, address(registry)));
        relay(message, "");
        assertRecord(publisher, Reference.leafOf(digest), NOW, 0, publisher);
    }

    function messageOf(bytes32 digest) private view returns (Publish memory) {
        return Publish(address(wallet), address(wallet), REF, digest, NONE, NONE, NOW);
    }
}
