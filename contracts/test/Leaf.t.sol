// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {Reference} from "./Reference.sol";
import {RegistryTest} from "./RegistryTest.sol";
import {Tree} from "./Tree.sol";

contract LeafTest is RegistryTest {
    function test_IsTheDigestOfTheBinaryCid(bytes32 digest) public view {
        assertEq(registry.leafOf(digest), keccak256(abi.encodePacked(hex"0180041220", digest)), "leaf");
        assertEq(registry.leafOf(digest), Reference.leafOf(digest), "leaf by the reference");
    }

    function test_IsAsComputedElsewhereForOneDocument() public view {
        // `null` is bagaaieraoqru5gfp45ey7no26hzwvqwxrlgdhfde7fihao4magmjf6mcxefq; the leaf is from ethers' keccak256.
        bytes32 leaf = 0x19a36941757fc9190975c8e193bc5a2b4b0f2cfcc821256c3142c35d113b8446;
        assertEq(registry.leafOf(sha256("null")), leaf, "leaf");
    }
}

/// @notice The folding that the reference does, against OpenZeppelin's.
contract TreeTest is RegistryTest {
    function test_ANodeIsOpenZeppelins(bytes32 a, bytes32 b) public pure {
        assertEq(Reference.nodeOf(a, b), Hashes.commutativeKeccak256(a, b), "node");
        assertEq(Reference.nodeOf(a, b), Reference.nodeOf(b, a), "node, turned round");
    }

    function test_EveryProofFoldsToTheRootAsOpenZeppelinFolds(bytes32 seed, uint256 size) public pure {
        bytes32[] memory leaves = new bytes32[](bound(size, 1, 40));
        for (uint256 i; i < leaves.length; ++i) {
            leaves[i] = Reference.leafOf(keccak256(abi.encode(seed, i)));
        }
        bytes32 root = Tree.rootOf(leaves);
        for (uint256 i; i < leaves.length; ++i) {
            assertEq(MerkleProof.processProof(Tree.proofOf(leaves, i), leaves[i]), root, "root");
        }
    }

    function test_ANodeWithoutASiblingMovesUpAsItIs() public pure {
        bytes32[] memory three = new bytes32[](3);
        (three[0], three[1], three[2]) = ("a", "b", "c");
        assertEq(Tree.rootOf(three), Reference.nodeOf(Reference.nodeOf("a", "b"), "c"), "root of three");
        assertEq(Tree.proofOf(three, 2).length, 1, "proof of the third");
        assertEq(Tree.rootOf(only("a")), "a", "root of one");
    }
}
