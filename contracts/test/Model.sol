// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ITrendRegistry} from "../ITrendRegistry.sol";
import {Publish, Reference} from "./Reference.sol";

/// @notice The registry a second time, from its interface alone. A call either changes what is kept here and answers
/// with nothing, or changes nothing and answers with the data that the registry must revert with.
abstract contract Model {
    struct Kept {
        uint256 publishedAt;
        uint256 retractedAt;
        address editor;
    }

    mapping(address publisher => mapping(bytes32 node => Kept)) internal kept;
    mapping(address publisher => mapping(bytes32 ref => bytes32 digest)) internal named;
    mapping(address publisher => mapping(address editor => uint256 until)) internal lasts;

    function modelPublish(Publish memory message, uint256 time) internal returns (bytes memory refusal) {
        if (message.digest == 0) return abi.encodeWithSelector(ITrendRegistry.ZeroDigest.selector, message.ref);
        if (!mayPublish(message.publisher, message.editor, time)) {
            return abi.encodeWithSelector(ITrendRegistry.NotEditor.selector, message.publisher, message.editor);
        }
        bytes32 node = Reference.keyOf(message.digest, message.tree);
        Kept storage record = kept[message.publisher][node];
        if (record.publishedAt != 0 || record.retractedAt != 0) {
            return abi.encodeWithSelector(ITrendRegistry.AlreadyRecorded.selector, node);
        }
        if (message.ref != 0) {
            refusal = modelMove(message.publisher, message.ref, message.digest, message.parent);
            if (refusal.length != 0) return refusal;
        }
        (record.publishedAt, record.editor) = (time, message.editor);
    }

    function modelRelay(Publish memory message, bool signed, uint256 time) internal returns (bytes memory refusal) {
        if (time > message.deadline) {
            return abi.encodeWithSelector(ITrendRegistry.Expired.selector, message.deadline);
        }
        if (!signed) return abi.encodeWithSelector(ITrendRegistry.BadSignature.selector, message.editor);
        return modelPublish(message, time);
    }

    function modelPoint(address by, address publisher, bytes32 ref, bytes32 digest, bytes32 parent, uint256 time)
        internal
        returns (bytes memory refusal)
    {
        if (ref == 0) return abi.encodeWithSelector(ITrendRegistry.ZeroRef.selector, digest);
        if (digest == 0 && by != publisher) return abi.encodeWithSelector(ITrendRegistry.ZeroDigest.selector, ref);
        if (!mayPublish(publisher, by, time)) {
            return abi.encodeWithSelector(ITrendRegistry.NotEditor.selector, publisher, by);
        }
        return modelMove(publisher, ref, digest, parent);
    }

    function modelRetract(address by, bytes32 node, uint256 time) internal returns (bytes memory) {
        if (kept[by][node].retractedAt != 0) {
            return abi.encodeWithSelector(ITrendRegistry.AlreadyRetracted.selector, node);
        }
        kept[by][node].retractedAt = time;
        return "";
    }

    function modelVerify(address publisher, bytes32 digest, bytes32 key) internal view returns (Kept memory record) {
        record = kept[publisher][key];
        if (record.retractedAt == 0) record.retractedAt = kept[publisher][Reference.leafOf(digest)].retractedAt;
        bool disowned = record.editor != publisher && record.publishedAt > lasts[publisher][record.editor];
        if (record.retractedAt == 0 && disowned) record.retractedAt = record.publishedAt;
    }

    function mayPublish(address publisher, address account, uint256 time) internal view returns (bool) {
        return account == publisher || time <= lasts[publisher][account];
    }

    function modelMove(address publisher, bytes32 ref, bytes32 digest, bytes32 parent) private returns (bytes memory) {
        bytes32 head = named[publisher][ref];
        if (head != parent) return abi.encodeWithSelector(ITrendRegistry.StaleParent.selector, ref, head);
        named[publisher][ref] = digest;
        return "";
    }
}
