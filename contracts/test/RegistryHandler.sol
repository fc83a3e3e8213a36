// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ITrendRegistry} from "../ITrendRegistry.sol";
import {Model} from "./Model.sol";
import {Publish, Reference} from "./Reference.sol";
import {Tree} from "./Tree.sol";
import {Rule, Watch} from "./Watch.sol";

/// @notice What a step sets out to do. It brings about what it needs, so none is played in vain.
enum Card {
    // To land.
    PublishOnARef,
    PublishAlone,
    PublishAnEdition,
    PublishAsEditor,
    RelayThePublishers,
    RelayAnEditors,
    PointForward,
    PointAsEditor,
    DeleteARef,
    RetractAKey,
    RetractAMember,
    Burn,
    Appoint,
    End,
    Disown,
    CallTogether,
    // To be refused.
    PublishNothing,
    PointWithoutARef,
    DeleteAsEditor,
    PublishAsStranger,
    PointAsStranger,
    PublishTooLate,
    PublishAgain,
    PublishWhatIsBurnt,
    PublishOnAnotherParent,
    PointFromAnotherParent,
    RetractAgain,
    RelayTooLate,
    RelayUnsigned,
    RelayAgain,
    CallTogetherInVain,
    CallWithValue,
    // Left to chance.
    PublishAnything,
    RelayAnything,
    PointAnything,
    RetractAnything,
    AppointAnyone
}

/// @notice Two publishers, their editors, a stranger and a relayer at work on a registry, beside a model of it.
/// @dev All chance comes from the seed of a step, the number of the step and a salt: a failure can be played again.
contract RegistryHandler is Model, Watch {
    struct Publication {
        address publisher;
        bytes32 digest;
        bytes32 tree;
    }

    struct Edition {
        address publisher;
        bytes32 digest;
        bytes32[] members;
    }

    /// @dev What the twin is sent, if anything, and what the model says the registry reverts with, if it does.
    struct Call {
        address by;
        bytes4 verb;
        bytes data;
        bytes again;
        bytes refusal;
        uint256 ceiling;
    }

    uint256 private constant CURVE_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;
    uint256 public constant CARDS = uint256(type(Card).max) + 1;
    uint256 private constant HOME = 31_337;

    /// @dev Gets every call that lands, but those of a multicall one by one. None where it is zero.
    ITrendRegistry public immutable twin;
    bytes32 private immutable salt;
    uint256 private immutable start;

    /// @dev The publishers are the first two; any of them may be an editor of a publisher.
    uint256[5] private keys;
    address[5] public accounts;
    bytes32[4] public refs = [bytes32(0), "a-trend", "another", "third"];

    uint256 public steps;
    uint256 private dice;
    /// @dev A bit for each card that is still to be played before all are dealt again.
    uint256 private deck;

    mapping(Card => uint256) public played;
    mapping(bytes4 verb => uint256) public landed;
    mapping(bytes4 error => uint256) public refused;

    bytes32[] private digests;
    Publication[] private publications;
    Publication[] private burnt;
    Edition[] private editions;
    Publish[] private relayed;
    bytes[] private signatures;
    mapping(bytes32 signed => uint256) private landings;

    constructor(ITrendRegistry registry_, ITrendRegistry twin_, bytes32 salt_) Watch(registry_) {
        (twin, salt, start) = (twin_, salt_, clock);
        for (uint256 i; i < keys.length; ++i) {
            keys[i] = uint256(keccak256(abi.encode("account", i)));
            accounts[i] = vm.addr(keys[i]);
        }
    }

    /// @notice One step: time passes, and a card is played.
    function act(uint256 seed) external {
        dice = uint256(keccak256(abi.encode(seed, salt, ++steps)));
        passTime();
        Card card = deal();
        ++played[card];
        play(card);
    }

    /* WHAT THE INVARIANTS ASK */

    function numberOfPublications() external view returns (uint256) {
        return publications.length;
    }

    function publicationAt(uint256 i) external view returns (Publication memory) {
        return publications[i];
    }

    function numberOfEditions() external view returns (uint256) {
        return editions.length;
    }

    function editionAt(uint256 i) external view returns (Edition memory) {
        return editions[i];
    }

    function modelRecord(address publisher, bytes32 node) external view returns (Kept memory) {
        return kept[publisher][node];
    }

    function modelHead(address publisher, bytes32 ref) external view returns (bytes32) {
        return named[publisher][ref];
    }

    function modelUntil(address publisher, address editor) external view returns (uint256) {
        return lasts[publisher][editor];
    }

    /// @notice What a member of an edition must verify as.
    function modelMember(address publisher, bytes32 member, bytes32 listing, bytes32 tree)
        external
        view
        returns (Kept memory)
    {
        return modelVerify(publisher, member, Reference.keyOf(listing, tree));
    }

    function numberOfRelayed() external view returns (uint256) {
        return relayed.length;
    }

    /// @notice The data of a relayed call that landed.
    function relayedAt(uint256 i) external view returns (bytes memory) {
        return relayData(relayed[i], signatures[i]);
    }

    /// @notice That the steps did what they are for: no run in which nothing happens may pass.
    function assertBusy() external view {
        uint256 deals = steps / CARDS;
        for (uint256 card; card < CARDS; ++card) {
            assertTrue(played[Card(card)] >= deals, "a card was not played");
        }
        bytes4[6] memory verbs = [
            ITrendRegistry.publish.selector,
            ITrendRegistry.publishFor.selector,
            ITrendRegistry.point.selector,
            ITrendRegistry.retract.selector,
            ITrendRegistry.setEditor.selector,
            ITrendRegistry.multicall.selector
        ];
        for (uint256 i; i < verbs.length; ++i) {
            assertTrue(landed[verbs[i]] >= deals, "a verb landed too seldom");
        }
        bytes4[8] memory errors = [
            ITrendRegistry.NotEditor.selector,
            ITrendRegistry.AlreadyRecorded.selector,
            ITrendRegistry.AlreadyRetracted.selector,
            ITrendRegistry.StaleParent.selector,
            ITrendRegistry.Expired.selector,
            ITrendRegistry.BadSignature.selector,
            ITrendRegistry.ZeroRef.selector,
            ITrendRegistry.ZeroDigest.selector
        ];
        for (uint256 i; i < errors.length; ++i) {
            assertTrue(refused[errors[i]] >= deals, "a refusal came too seldom");
        }
    }

    /* CHANCE */

    function roll(uint256 sides) private returns (uint256) {
        dice = uint256(keccak256(abi.encode(dice)));
        return dice % sides;
    }

    function deal() private returns (Card) {
        if (deck == 0) deck = (1 << CARDS) - 1;
        uint256 card = roll(CARDS);
        while (deck & (1 << card) == 0) card = (card + 1) % CARDS;
        deck ^= 1 << card;
        return Card(card);
    }

    /// @dev Often not at all, mostly a little, and now and then to the very last second of an editor.
    function passTime() private {
        uint256 how = roll(8);
        if (how > 2) clock += 1 + roll(how == 6 ? 1 days : 60);
        if (how == 7) {
            uint256 until = lasts[accounts[roll(2)]][accounts[roll(5)]];
            if (clock < until && until < clock + 1 days) clock = until;
        }
        vm.warp(clock);
    }

    function anyDigest() private returns (bytes32) {
        if (digests.length == 0 || roll(4) == 0) return freshDigest();
        return digests[roll(digests.length)];
    }

    function freshDigest() private returns (bytes32 digest) {
        digest = keccak256(abi.encode(dice, digests.length));
        digests.push(digest);
    }

    /* CARDS */

    function play(Card card) private {
        address publisher = accounts[roll(2)];
        bytes32 ref = refs[1 + roll(3)];
        if (card < Card.PublishNothing) playToLand(card, publisher, ref);
        else if (card < Card.PublishAnything) playToBeRefused(card, publisher, ref);
        else playAnything(card, publisher);
    }

    function playToLand(Card card, address publisher, bytes32 ref) private {
        if (card == Card.PublishOnARef) publish(publisher, next(publisher, publisher, ref));
        if (card == Card.PublishAlone) publish(publisher, next(publisher, publisher, 0));
        if (card == Card.PublishAnEdition) publish(publisher, edition(next(publisher, publisher, refs[roll(4)])));
        if (card == Card.PublishAsEditor) {
            address editor = anEditor(publisher);
            Publish memory message = next(publisher, editor, refs[roll(4)]);
            publish(editor, roll(3) == 0 ? edition(message) : message);
        }
        if (card == Card.RelayThePublishers) relay(next(publisher, publisher, refs[roll(4)]));
        if (card == Card.RelayAnEditors) relay(next(publisher, anEditor(publisher), refs[roll(4)]));
        if (card == Card.PointForward) point(publisher, publisher, ref, anyDigest(), named[publisher][ref]);
        if (card == Card.PointAsEditor) {
            point(anEditor(publisher), publisher, ref, anyDigest(), named[publisher][ref]);
        }
        if (card == Card.DeleteARef) point(publisher, publisher, ref, 0, named[publisher][ref]);
        if (card == Card.RetractAKey) retractAKey(publisher);
        if (card == Card.RetractAMember) retractAMember(publisher);
        if (card == Card.Burn) burn(publisher);
        if (card == Card.Appoint) setEditor(publisher, accounts[roll(5)], aTime());
        if (card == Card.End) setEditor(publisher, anEditor(publisher), clock);
        if (card == Card.Disown) disown(publisher);
        if (card == Card.CallTogether) callTogether(publisher);
    }

    function playToBeRefused(Card card, address publisher, bytes32 ref) private {
        Publish memory message = next(publisher, publisher, ref);
        if (card == Card.PublishNothing) {
            message.digest = 0;
            roll(2) == 0 ? publish(publisher, message) : relay(message);
        }
        if (card == Card.PointWithoutARef) point(publisher, publisher, 0, anyDigest(), 0);
        if (card == Card.DeleteAsEditor) point(anEditor(publisher), publisher, ref, 0, message.parent);
        if (card == Card.PublishAsStranger) {
            message.editor = aStranger(publisher);
            roll(2) == 0 ? publish(message.editor, message) : relay(message);
        }
        if (card == Card.PointAsStranger) point(aStranger(publisher), publisher, ref, message.digest, message.parent);
        if (card == Card.PublishTooLate) publishTooLate(publisher, ref);
        if (card == Card.PublishAgain) publishAgain(aPublication(publisher));
        if (card == Card.PublishWhatIsBurnt) {
            if (burnt.length == 0) burn(publisher);
            publishAgain(burnt[roll(burnt.length)]);
        }
        if (card == Card.PublishOnAnotherParent) {
            message.parent = anotherThan(message.parent);
            publish(publisher, message);
        }
        if (card == Card.PointFromAnotherParent) {
            point(publisher, publisher, ref, message.digest, anotherThan(message.parent));
        }
        if (card == Card.RetractAgain) {
            Publication memory chosen = aPublication(publisher);
            bytes32 node = Reference.keyOf(chosen.digest, chosen.tree);
            if (kept[chosen.publisher][node].retractedAt == 0) retract(chosen.publisher, node);
            retract(chosen.publisher, node);
        }
        if (card == Card.RelayTooLate) {
            message.deadline = clock - 1 - roll(1 hours);
            relay(message);
        }
        if (card == Card.RelayUnsigned) relayUnsigned(message);
        if (card == Card.RelayAgain) {
            if (relayed.length == 0) relay(message);
            uint256 chosen = roll(relayed.length);
            relayAs(relayed[chosen], signatures[chosen], true);
        }
        if (card == Card.CallTogetherInVain) callTogetherInVain(publisher);
        if (card == Card.CallWithValue) callWithValue(publisher);
    }

    function playAnything(Card card, address publisher) private {
        address account = accounts[roll(5)];
        bytes32 ref = refs[roll(4)];
        bytes32 digest = roll(16) == 0 ? bytes32(0) : anyDigest();
        bytes32 parent = roll(2) == 0 ? named[publisher][ref] : anyDigest();
        if (card == Card.PublishAnything || card == Card.RelayAnything) {
            bytes32 tree = roll(2) == 0 ? bytes32(0) : Reference.leafOf(anyDigest());
            Publish memory message = Publish(publisher, account, ref, digest, parent, tree, clock + roll(2));
            card == Card.PublishAnything ? publish(account, message) : relay(message);
        }
        if (card == Card.PointAnything) point(account, publisher, ref, digest, parent);
        if (card == Card.RetractAnything) {
            bool known = nodes.length > 0 && roll(2) == 0;
            retract(account, known ? nodes[roll(nodes.length)].node : Reference.leafOf(digest));
        }
        if (card == Card.AppointAnyone) setEditor(account, accounts[roll(5)], aTime());
    }

    function retractAKey(address publisher) private {
        for (uint256 tries; tries < 4; ++tries) {
            Publication memory chosen = aPublication(publisher);
            bytes32 node = Reference.keyOf(chosen.digest, chosen.tree);
            if (kept[chosen.publisher][node].retractedAt == 0) return retract(chosen.publisher, node);
        }
        Publish memory message = next(publisher, publisher, 0);
        publish(publisher, message);
        retract(publisher, Reference.leafOf(message.digest));
    }

    function retractAMember(address publisher) private {
        if (editions.length == 0) publish(publisher, edition(next(publisher, publisher, 0)));
        Edition storage chosen = editions[roll(editions.length)];
        bytes32 leaf = Reference.leafOf(chosen.members[roll(chosen.members.length)]);
        retract(chosen.publisher, leaf);
    }

    function burn(address publisher) private {
        bytes32 tree = roll(2) == 0 ? bytes32(0) : Reference.leafOf(anyDigest());
        burnt.push(Publication(publisher, freshDigest(), tree));
        retract(publisher, Reference.keyOf(burnt[burnt.length - 1].digest, tree));
    }

    /// @dev Whatever an editor has published comes before the new time, at it, or after it.
    function disown(address publisher) private {
        address editor = anEditor(publisher);
        if (roll(2) == 0) publish(editor, next(publisher, editor, 0));
        setEditor(publisher, editor, roll(4) == 0 ? 0 : clock - roll(clock - start + 2));
    }

    function publishTooLate(address publisher, bytes32 ref) private {
        address editor = anEditor(publisher);
        if (lasts[publisher][editor] > clock + 1 days) setEditor(publisher, editor, clock + roll(1 days));
        clock = lasts[publisher][editor];
        vm.warp(clock);
        publish(editor, next(publisher, editor, ref));
        vm.warp(++clock);
        Publish memory message = next(publisher, editor, ref);
        uint256 how = roll(3);
        if (how == 0) publish(editor, message);
        if (how == 1) relay(message);
        if (how == 2) point(editor, publisher, ref, message.digest, message.parent);
    }

    function publishAgain(Publication memory chosen) private {
        Publish memory message = next(chosen.publisher, chosen.publisher, refs[roll(4)]);
        (message.digest, message.tree) = (chosen.digest, chosen.tree);
        roll(2) == 0 ? publish(chosen.publisher, message) : relay(message);
    }

    /* WHAT THE CARDS NEED */

    /// @dev A new document, after what the ref names now.
    function next(address publisher, address editor, bytes32 ref) private returns (Publish memory) {
        bytes32 parent = ref == 0 ? bytes32(roll(2)) : named[publisher][ref];
        return Publish(publisher, editor, ref, freshDigest(), parent, 0, clock + roll(1 hours));
    }

    /// @dev Lists one to six documents in the message.
    function edition(Publish memory message) private returns (Publish memory) {
        bytes32[] memory members = new bytes32[](1 + roll(6));
        for (uint256 i; i < members.length; ++i) {
            members[i] = anyDigest();
        }
        message.tree = Tree.rootOf(leavesOf(members));
        editions.push(Edition(message.publisher, message.digest, members));
        return message;
    }

    function leavesOf(bytes32[] memory members) private pure returns (bytes32[] memory leaves) {
        leaves = new bytes32[](members.length);
        for (uint256 i; i < members.length; ++i) {
            leaves[i] = Reference.leafOf(members[i]);
        }
    }

    function anEditor(address publisher) private returns (address editor) {
        uint256 from = roll(5);
        for (uint256 i; i < 5; ++i) {
            editor = accounts[(from + i) % 5];
            if (editor != publisher && clock <= lasts[publisher][editor]) return editor;
        }
        editor = anotherAccount(publisher);
        setEditor(publisher, editor, clock + roll(1 hours));
    }

    /// @dev Someone who never was an editor, or is none any more.
    function aStranger(address publisher) private returns (address stranger) {
        uint256 from = roll(5);
        for (uint256 i; i < 5; ++i) {
            stranger = accounts[(from + i) % 5];
            if (!mayPublish(publisher, stranger, clock)) return stranger;
        }
        stranger = anotherAccount(publisher);
        setEditor(publisher, stranger, clock - 1);
    }

    function anotherAccount(address publisher) private returns (address) {
        return publisher == accounts[0] ? accounts[1 + roll(4)] : accounts[(2 + roll(4)) % 5];
    }

    function aPublication(address publisher) private returns (Publication memory) {
        if (publications.length == 0) publish(publisher, next(publisher, publisher, 0));
        return publications[roll(publications.length)];
    }

    function aTime() private returns (uint256) {
        uint256 how = roll(6);
        if (how == 0) return clock;
        if (how == 1) return clock + 1 + roll(60);
        if (how == 2) return clock + roll(1 days);
        if (how == 3) return clock - roll(1 days);
        return how == 4 ? type(uint256).max : 0;
    }

    function anotherThan(bytes32 digest) private returns (bytes32 another) {
        another = roll(2) == 0 ? anyDigest() : bytes32(0);
        if (another == digest) another = ~digest;
    }

    function keyOf(address account) private view returns (uint256) {
        for (uint256 i; i < 5; ++i) {
            if (accounts[i] == account) return keys[i];
        }
        revert("no account of these");
    }

    /* VERBS: what the model says of a call, and then what the registry does */

    function publish(address by, Publish memory message) private {
        message.editor = by;
        Call memory call = toPublish(message);
        send(call);
        if (call.refusal.length == 0) published(message);
    }

    function relay(Publish memory message) private {
        relayAs(message, sign(message, HOME, address(registry)), true);
    }

    function relayAs(Publish memory message, bytes memory signature, bool signed) private {
        Call memory call = toRelay(message, signature, signed);
        send(call);
        if (call.refusal.length != 0) return;
        published(message);
        wasRelayed(message, signature);
    }

    function point(address by, address publisher, bytes32 ref, bytes32 digest, bytes32 parent) private {
        send(toPoint(by, publisher, ref, digest, parent));
    }

    function retract(address by, bytes32 node) private {
        send(toRetract(by, node));
    }

    function setEditor(address by, address editor, uint256 until) private {
        uint256 before = lasts[by][editor];
        uint256 had = disownedOf(by);
        send(toSetEditor(by, editor, until));
        uint256 has = disownedOf(by);
        bool fits = until < before ? had & has == had : had & has == has;
        if (!fits) breach[Rule.DisownsMonotonously] = "an earlier time owned again, or a later one disowned";
    }

    /// @dev All that one account may want to do at once, and the message of another besides.
    function callTogether(address publisher) private {
        address other = accounts[2 + roll(3)];
        Publish memory listing = edition(next(publisher, publisher, 0));
        Publish memory message = next(publisher, anEditor(publisher), 0);
        bytes memory signature = sign(message, HOME, address(registry));
        Call[] memory calls = new Call[](6);
        calls[0] = toPoint(publisher, publisher, refs[1], anyDigest(), named[publisher][refs[1]]);
        calls[1] = toPoint(publisher, publisher, refs[1], anyDigest(), named[publisher][refs[1]]);
        calls[2] = toPublish(listing);
        calls[3] = toRelay(message, signature, true);
        calls[4] = toRetract(publisher, Reference.leafOf(roll(2) == 0 ? freshDigest() : listing.digest));
        calls[5] = toSetEditor(publisher, other, aTime());
        sendTogether(calls, roll(2) == 0);
        published(listing);
        published(message);
        wasRelayed(message, signature);
    }

    /// @dev Two calls that would land, and in some place one that must not.
    function callTogetherInVain(address publisher) private {
        bytes[] memory calls = new bytes[](3);
        for (uint256 i; i < 3; ++i) {
            calls[i] = abi.encodeCall(ITrendRegistry.publish, (publisher, 0, freshDigest(), 0, 0));
        }
        (bytes32 digest, uint256 place) = (anyDigest(), roll(3));
        Call memory call = callOf(publisher, ITrendRegistry.multicall.selector);
        if (roll(2) == 0) {
            calls[place] = abi.encodeCall(ITrendRegistry.point, (publisher, 0, digest, 0));
            call.refusal = abi.encodeWithSelector(ITrendRegistry.ZeroRef.selector, digest);
        } else {
            bytes32 head = named[publisher][refs[1]];
            calls[place] = abi.encodeCall(ITrendRegistry.point, (publisher, refs[1], digest, ~head));
            call.refusal = abi.encodeWithSelector(ITrendRegistry.StaleParent.selector, refs[1], head);
        }
        call.data = abi.encodeCall(ITrendRegistry.multicall, (calls));
        send(call);
    }

    function callWithValue(address publisher) private {
        bytes[] memory calls = new bytes[](1);
        calls[0] = abi.encodeCall(ITrendRegistry.publish, (publisher, 0, freshDigest(), 0, 0));
        vm.deal(publisher, 1);
        vm.prank(publisher);
        (bool done,) = address(registry).call{value: 1}(abi.encodeCall(ITrendRegistry.multicall, (calls)));
        if (done) breach[Rule.AnswersAsTheModel] = "value was taken";
    }

    /// @dev A signature that is none of the message's: of another key, of another message, chain or contract, or bent.
    function relayUnsigned(Publish memory message) private {
        message.deadline = clock + roll(1 hours);
        uint256 how = roll(10);
        if (how == 0) return relayAs(message, sign(message, HOME + 1 + roll(9), address(registry)), false);
        if (how == 1) return relayAs(message, sign(message, HOME, address(this)), false);
        bytes memory signature = sign(message, HOME, address(registry));
        if (how == 2) {
            vm.chainId(1);
            relayAs(message, signature, false);
            vm.chainId(HOME);
            return;
        }
        if (how == 3) message.editor = anotherAccount(message.editor);
        if (how == 4) message.digest = ~message.digest;
        if (how == 5) message.tree = ~message.tree;
        if (how == 6) message.deadline += 1;
        if (how == 7) signature = highTwinOf(signature);
        if (how == 8) signature[roll(64)] ^= bytes1(uint8(1 + roll(255)));
        if (how == 9) signature = resized(signature, roll(130));
        relayAs(message, signature, false);
    }

    /* WHAT A CALL IS TO DO */

    function toPublish(Publish memory message) private returns (Call memory call) {
        call = callOf(message.editor, ITrendRegistry.publish.selector);
        call.ceiling = ceilingOf(message);
        if (mayPublish(message.publisher, message.editor, clock)) permitToPublish(message);
        call.refusal = modelPublish(message, clock);
        call.data = abi.encodeCall(
            ITrendRegistry.publish, (message.publisher, message.ref, message.digest, message.parent, message.tree)
        );
        call.again = call.data;
    }

    function toRelay(Publish memory message, bytes memory signature, bool signed) private returns (Call memory call) {
        call = callOf(accounts[roll(5)], ITrendRegistry.publishFor.selector);
        call.ceiling = ceilingOf(message) + 9_500;
        bool inTime = clock <= message.deadline && mayPublish(message.publisher, message.editor, clock);
        if (signed && inTime) permitToPublish(message);
        call.refusal = modelRelay(message, signed, clock);
        call.data = relayData(message, signature);
        if (address(twin) != address(0) && call.refusal.length == 0) {
            call.again = relayData(message, sign(message, HOME, address(twin)));
        }
    }

    function toPoint(address by, address publisher, bytes32 ref, bytes32 digest, bytes32 parent)
        private
        returns (Call memory call)
    {
        call = callOf(by, ITrendRegistry.point.selector);
        call.ceiling = (named[publisher][ref] == 0 ? 48_000 : 31_000) + (by == publisher ? 0 : 2_300);
        if (mayPublish(publisher, by, clock)) permitHead(publisher, ref, parent, digest);
        call.refusal = modelPoint(by, publisher, ref, digest, parent, clock);
        call.data = abi.encodeCall(ITrendRegistry.point, (publisher, ref, digest, parent));
        call.again = call.data;
    }

    function toRetract(address by, bytes32 node) private returns (Call memory call) {
        call = callOf(by, ITrendRegistry.retract.selector);
        call.ceiling = kept[by][node].publishedAt == 0 ? 45_700 : 28_700;
        permitRecord(by, node);
        call.refusal = modelRetract(by, node, clock);
        call.data = abi.encodeCall(ITrendRegistry.retract, (node));
        call.again = call.data;
    }

    function toSetEditor(address by, address editor, uint256 until) private returns (Call memory call) {
        call = callOf(by, ITrendRegistry.setEditor.selector);
        call.ceiling = 46_400;
        permitEditor(by, editor, until);
        lasts[by][editor] = until;
        call.data = abi.encodeCall(ITrendRegistry.setEditor, (editor, until));
        call.again = call.data;
    }

    function callOf(address by, bytes4 verb) private pure returns (Call memory call) {
        (call.by, call.verb) = (by, verb);
    }

    /// @dev In gas, for a transaction whose slots are cold.
    function ceilingOf(Publish memory message) private view returns (uint256 ceiling) {
        ceiling = message.ref == 0 ? 48_000 : named[message.publisher][message.ref] == 0 ? 71_000 : 54_000;
        if (message.tree != 0) ceiling += 600;
        if (message.editor != message.publisher) ceiling += 2_300;
    }

    function relayData(Publish memory message, bytes memory signature) private pure returns (bytes memory) {
        return bytes.concat(
            ITrendRegistry.publishFor.selector,
            abi.encode(message.publisher, message.ref, message.digest, message.parent, message.tree),
            abi.encode(message.deadline, message.editor, uint256(8 * 32), signature.length),
            signature,
            new bytes((32 - signature.length % 32) % 32)
        );
    }

    function sign(Publish memory message, uint256 chain, address verifier) private view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(keyOf(message.editor), Reference.hashOf(message, chain, verifier));
        return abi.encodePacked(r, s, v);
    }

    function highTwinOf(bytes memory signature) private pure returns (bytes memory) {
        bytes32 s;
        assembly ("memory-safe") {
            s := mload(add(signature, 0x40))
        }
        bytes32 r = bytes32(signature);
        uint8 v = uint8(signature[64]);
        return abi.encodePacked(r, bytes32(CURVE_ORDER - uint256(s)), v == 27 ? uint8(28) : uint8(27));
    }

    /// @dev To any length but its own.
    function resized(bytes memory signature, uint256 length) private pure returns (bytes memory other) {
        other = new bytes(length == signature.length ? length + 1 : length);
        for (uint256 i; i < other.length && i < signature.length; ++i) {
            other[i] = signature[i];
        }
    }

    /* WHERE A CALL MAY WRITE */

    function permitToPublish(Publish memory message) private {
        permitRecord(message.publisher, Reference.keyOf(message.digest, message.tree));
        if (message.ref != 0) permitHead(message.publisher, message.ref, message.parent, message.digest);
    }

    /* SENDING */

    function send(Call memory call) private {
        (bool done, bytes memory answer) = transact(call.by, call.data, call.ceiling);
        if (done) ++landed[call.verb];
        else ++refused[bytes4(answer)];
        if (done != (call.refusal.length == 0) || (!done && keccak256(answer) != keccak256(call.refusal))) {
            breach[Rule.AnswersAsTheModel] = "a call landed or was refused otherwise than the model says";
        }
        if (done && answer.length != 0) breach[Rule.AnswersAsTheModel] = "a verb answered";
        if (done) repeat(call);
    }

    function sendTogether(Call[] memory calls, bool nested) private {
        bytes[] memory datas = new bytes[](calls.length);
        uint256 ceiling;
        for (uint256 i; i < calls.length; ++i) {
            datas[i] = calls[i].data;
            ceiling += calls[i].ceiling;
            if (calls[i].refusal.length != 0) revert("a call that would be refused");
        }
        if (nested) {
            bytes memory inner = abi.encodeCall(ITrendRegistry.multicall, (datas));
            datas = new bytes[](1);
            datas[0] = inner;
        }
        bytes memory data = abi.encodeCall(ITrendRegistry.multicall, (datas));
        (bool done,) = transact(calls[0].by, data, ceiling);
        if (!done) breach[Rule.CallsTogetherAsInARow] = "calls that land in a row did not land together";
        ++landed[ITrendRegistry.multicall.selector];
        for (uint256 i; i < calls.length; ++i) {
            repeat(calls[i]);
        }
    }

    function repeat(Call memory call) private {
        if (address(twin) == address(0)) return;
        vm.prank(call.by);
        (bool done,) = address(twin).call(call.again);
        if (!done) breach[Rule.CallsTogetherAsInARow] = "calls that land together did not land in a row";
    }

    function published(Publish memory message) private {
        publications.push(Publication(message.publisher, message.digest, message.tree));
        bytes32[] memory proof = new bytes32[](message.tree == 0 ? 0 : 1);
        if (message.tree != 0) proof[0] = message.tree;
        (uint256 publishedAt,, address editor) = registry.verify(message.publisher, message.digest, proof);
        bool isNamed = message.ref == 0 || registry.heads(message.publisher, message.ref) == message.digest;
        if (publishedAt != clock || editor != message.editor || !isNamed) {
            breach[Rule.VerifiesWhatWasPublished] = "a publication does not verify, or its ref does not name it";
        }
    }

    function wasRelayed(Publish memory message, bytes memory signature) private {
        relayed.push(message);
        signatures.push(signature);
        bytes32 hash = Reference.hashOf(message, HOME, address(registry));
        if (++landings[hash] > 1) breach[Rule.LandsASignatureOnce] = "a signature landed twice";
        if (clock > message.deadline) breach[Rule.LandsASignatureOnce] = "a signature landed after its deadline";
    }

    /// @dev A bit for each publication of a publisher that reads as disowned.
    function disownedOf(address publisher) private view returns (uint256 bits) {
        for (uint256 i; i < publications.length; ++i) {
            Publication memory publication = publications[i];
            if (publication.publisher != publisher) continue;
            bytes32[] memory proof = new bytes32[](publication.tree == 0 ? 0 : 1);
            if (publication.tree != 0) proof[0] = publication.tree;
            (uint256 publishedAt, uint256 retractedAt,) = registry.verify(publisher, publication.digest, proof);
            if (publishedAt == retractedAt) bits |= 1 << i;
        }
    }
}
