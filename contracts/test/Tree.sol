// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Reference} from "./Reference.sol";

/// @notice The tree of an edition: leaves in the order of the edition, and a node without a sibling moves up as it is.
library Tree {
    function rootOf(bytes32[] memory leaves) internal pure returns (bytes32) {
        bytes32[] memory level = leaves;
        while (level.length > 1) level = above(level);
        return level[0];
    }

    /// @notice The siblings on the way from a leaf to the root.
    function proofOf(bytes32[] memory leaves, uint256 index) internal pure returns (bytes32[] memory proof) {
        bytes32[] memory level = leaves;
        while (level.length > 1) {
            uint256 sibling = index % 2 == 0 ? index + 1 : index - 1;
            if (sibling < level.length) proof = append(proof, level[sibling]);
            level = above(level);
            index /= 2;
        }
    }

    function append(bytes32[] memory list, bytes32 last) internal pure returns (bytes32[] memory longer) {
        longer = new bytes32[](list.length + 1);
        for (uint256 i; i < list.length; ++i) {
            longer[i] = list[i];
        }
        longer[list.length] = last;
    }

    function above(bytes32[] memory level) private pure returns (bytes32[] memory upper) {
        upper = new bytes32[]((level.length + 1) / 2);
        for (uint256 i; i < upper.length; ++i) {
            bool alone = 2 * i + 1 == level.length;
            upper[i] = alone ? level[2 * i] : Reference.nodeOf(level[2 * i], level[2 * i + 1]);
        }
    }
}
