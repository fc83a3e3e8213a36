// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ITrendRegistry} from "../ITrendRegistry.sol";
import {Reference} from "./Reference.sol";
import {Test} from "./Test.sol";
import {Vm} from "./Vm.sol";

/// @notice A rule that is about a step, not about a state, and so has to be watched while the steps are made.
enum Rule {
    AnswersAsTheModel,
    WritesWhereItMay,
    WritesARecordOnce,
    MovesARefFromItsParent,
    VerifiesWhatWasPublished,
    LandsASignatureOnce,
    DisownsMonotonously,
    CallsTogetherAsInARow,
    KeepsItsCeilings
}

/// @notice Looks at every slot that a call writes and at every log it leaves. Whoever makes a call says before, by
/// {permitRecord}, {permitHead} and {permitEditor}, what it may write.
abstract contract Watch is Test {
    struct Key {
        address publisher;
        bytes32 node;
    }

    enum Kind {
        None,
        Record,
        Head,
        Editor
    }

    ITrendRegistry public immutable registry;

    /// @dev The time of the step. Kept here, because what a cheat code set may end with a step.
    uint256 public clock = 1_800_000_000;

    /// @notice How a rule was broken; nothing where it was kept.
    mapping(Rule => string) public breach;

    /// @notice Every key that a call was to write a record under.
    Key[] public nodes;

    /* WHAT THE LOGS ALONE TELL */

    mapping(address publisher => mapping(bytes32 ref => bytes32 digest)) public replayedHead;
    mapping(address publisher => mapping(address editor => uint256 until)) public replayedUntil;
    mapping(address publisher => mapping(bytes32 node => uint256 time)) public replayedPublication;
    mapping(address publisher => mapping(bytes32 node => uint256 time)) public replayedRetraction;

    /* SLOTS */

    /// @notice The word that was last seen to be written to a slot.
    mapping(bytes32 slot => bytes32) public shadow;

    /// @dev The number of the call that is under way, and of the last one that may write to a slot.
    uint256 public turn = 1;
    mapping(bytes32 slot => uint256) private permitted;
    mapping(bytes32 slot => Kind) private kindOf;
    mapping(bytes32 slot => bytes32 parent) private movesFrom;
    mapping(bytes32 slot => bytes32 word) private becomes;

    constructor(ITrendRegistry registry_) {
        registry = registry_;
    }

    function numberOfNodes() external view returns (uint256) {
        return nodes.length;
    }

    function permitRecord(address publisher, bytes32 node) internal {
        bytes32 slot = Reference.recordSlot(publisher, node);
        if (kindOf[slot] == Kind.None) nodes.push(Key(publisher, node));
        (permitted[slot], kindOf[slot]) = (turn, Kind.Record);
    }

    function permitHead(address publisher, bytes32 ref, bytes32 parent, bytes32 digest) internal {
        bytes32 slot = Reference.headSlot(publisher, ref);
        // Of several moves in one call the first has the parent, and the last decides.
        if (permitted[slot] != turn) movesFrom[slot] = parent;
        (permitted[slot], kindOf[slot], becomes[slot]) = (turn, Kind.Head, digest);
    }

    function permitEditor(address publisher, address editor, uint256 until) internal {
        bytes32 slot = Reference.editorSlot(publisher, editor);
        (permitted[slot], kindOf[slot], becomes[slot]) = (turn, Kind.Editor, bytes32(until));
    }

    /// @dev A transaction to the registry. What it may cost counts only where it lands.
    function transact(address by, bytes memory data, uint256 ceiling)
        internal
        returns (bool done, bytes memory answer)
    {
        vm.record();
        vm.recordLogs();
        vm.prank(by);
        (done, answer) = address(registry).call(data);
        if (done) {
            uint256 gas = vm.lastCallGas().gasTotalUsed + intrinsicGas(data);
            if (gas > ceiling) breach[Rule.KeepsItsCeilings] = "a call cost more than its ceiling";
            watchWrites();
            replayLogs();
        }
        ++turn;
    }

    function intrinsicGas(bytes memory data) private pure returns (uint256 gas) {
        gas = 21_000;
        for (uint256 i; i < data.length; ++i) {
            gas += data[i] == 0 ? 4 : 16;
        }
    }

    function watchWrites() private {
        (, bytes32[] memory writes) = vm.accesses(address(registry));
        for (uint256 i; i < writes.length; ++i) {
            // A slot that was written twice has its last word already.
            bytes32 word = vm.load(address(registry), writes[i]);
            watchWrite(writes[i], shadow[writes[i]], word);
            shadow[writes[i]] = word;
        }
    }

    function watchWrite(bytes32 slot, bytes32 was, bytes32 word) private {
        if (permitted[slot] != turn) breach[Rule.WritesWhereItMay] = "a slot was written that nobody asked for";
        if (kindOf[slot] == Kind.Record) watchRecord(uint256(was), uint256(word));
        else if (word != becomes[slot]) breach[Rule.WritesWhereItMay] = "a slot holds what nobody asked for";
        if (kindOf[slot] == Kind.Head && was != movesFrom[slot] && was != word) {
            breach[Rule.MovesARefFromItsParent] = "a ref was moved from another parent";
        }
    }

    /// @dev From the low end: 40 bits of publication, 40 bits of retraction, an address.
    function watchRecord(uint256 was, uint256 word) private {
        (uint256 published, uint256 retracted) = (uint40(word), uint40(word >> 40));
        bool samePublication = published == uint40(was) && word >> 80 == was >> 80;
        bool publishes = was == 0 && published == clock && word >> 80 != 0;
        bool sameRetraction = retracted == uint40(was >> 40);
        bool retracts = uint40(was >> 40) == 0 && retracted == clock;
        if (!(samePublication || publishes) || !(sameRetraction || retracts)) {
            breach[Rule.WritesARecordOnce] = "a record was written again";
        }
    }

    function replayLogs() private {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].emitter == address(registry)) replayLog(logs[i]);
        }
    }

    function replayLog(Vm.Log memory log) private {
        bytes32 name = log.topics[0];
        address publisher = address(uint160(uint256(log.topics[1])));
        if (name == ITrendRegistry.Published.selector) {
            (bytes32 ref, bytes32 digest) = (log.topics[2], log.topics[3]);
            if (ref != 0) replayedHead[publisher][ref] = digest;
            replayedPublication[publisher][Reference.keyOf(digest, bytes32(log.data))] = clock;
        } else if (name == ITrendRegistry.Pointed.selector) {
            replayedHead[publisher][log.topics[2]] = log.topics[3];
        } else if (name == ITrendRegistry.Retracted.selector) {
            replayedRetraction[publisher][log.topics[2]] = clock;
        } else if (name == ITrendRegistry.EditorSet.selector) {
            replayedUntil[publisher][address(uint160(uint256(log.topics[2])))] = uint256(bytes32(log.data));
        } else {
            breach[Rule.AnswersAsTheModel] = "a log of no event";
        }
    }
}
