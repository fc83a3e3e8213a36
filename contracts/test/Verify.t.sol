// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Reference} from "./Reference.sol";
import {RegistryTest} from "./RegistryTest.sol";
import {Tree} from "./Tree.sol";

/// @notice An edition of random documents, and proofs that are almost those of its members.
contract VerifyTest is RegistryTest {
    bytes32 private constant EDITION = keccak256("edition");

    bytes32[] private digests;
    bytes32[] private leaves;
    bytes32 private tree;

    function test_AnswersZeroForWhatNobodyPublished(address by, bytes32 digest, bytes32[] calldata proof) public view {
        (uint256 publishedAt, uint256 retractedAt, address account) = registry.verify(by, digest, proof);
        assertEq(publishedAt, 0, "published at");
        assertEq(retractedAt, 0, "retracted at");
        assertEq(account, address(0), "editor");
    }

    function test_AcceptsEveryMember(bytes32 seed, uint256 size) public {
        list(seed, size);
        for (uint256 i; i < digests.length; ++i) {
            assertVerified(digests[i], proofOf(i), NOW, 0, publisher);
        }
        assertVerified(EDITION, only(tree), NOW, 0, publisher);
    }

    function test_RefusesAnotherDigest(bytes32 seed, uint256 size, uint256 member, bytes32 digest) public {
        list(seed, size);
        member = member % digests.length;
        vm.assume(digest != digests[member]);
        assertVerified(digest, proofOf(member), 0, 0, address(0));
    }

    function test_RefusesAProofWithABitChanged(bytes32 seed, uint256 size, uint256 member, uint256 bit) public {
        list(seed, size);
        member = member % digests.length;
        bytes32[] memory proof = proofOf(member);
        bit = bound(bit, 0, proof.length * 256 - 1);
        proof[bit / 256] ^= bytes32(1 << (bit % 256));
        assertVerified(digests[member], proof, 0, 0, address(0));
    }

    function test_RefusesADigestWithABitChanged(bytes32 seed, uint256 size, uint256 member, uint8 bit) public {
        list(seed, size);
        member = member % digests.length;
        assertVerified(digests[member] ^ bytes32(1 << bit), proofOf(member), 0, 0, address(0));
    }

    function test_RefusesAProofThatLacksASibling(bytes32 seed, uint256 size, uint256 member, uint256 place) public {
        list(seed, size);
        member = member % digests.length;
        bytes32[] memory proof = proofOf(member);
        assertVerified(digests[member], without(proof, place % proof.length), 0, 0, address(0));
    }

    function test_RefusesAProofWithASiblingMore(bytes32 seed, uint256 size, uint256 member, uint256 place, bytes32 more)
        public
    {
        list(seed, size);
        member = member % digests.length;
        bytes32[] memory proof = proofOf(member);
        assertVerified(digests[member], with(proof, place % (proof.length + 1), more), 0, 0, address(0));
    }

    function test_RefusesInnerNodesTreesKeysAndLeavesAsDigests(bytes32 seed, uint256 size, uint256 member) public {
        list(seed, size);
        member = member % digests.length;
        bytes32[] memory proof = proofOf(member);
        bytes32 node = leaves[member];
        // Each node on the way up, the tree and the key included, with the rest of the way.
        for (uint256 i; i <= proof.length; ++i) {
            assertVerified(node, tail(proof, i), 0, 0, address(0));
            if (i < proof.length) node = Reference.nodeOf(node, proof[i]);
        }
        assertEq(node, Reference.keyOf(EDITION, tree), "key");
    }

    function test_RefusesAnotherPublisher(bytes32 seed, uint256 size, uint256 member, address another) public {
        vm.assume(another != publisher);
        list(seed, size);
        member = member % digests.length;
        (uint256 publishedAt,,) = registry.verify(another, digests[member], proofOf(member));
        assertEq(publishedAt, 0, "published at");
    }

    function test_RefusesTheTreeWithoutItsEdition(bytes32 seed, uint256 size, uint256 member) public {
        list(seed, size);
        member = member % digests.length;
        assertVerified(digests[member], Tree.proofOf(leaves, member), 0, 0, address(0));
        assertVerified(EDITION, alone(), 0, 0, address(0));
    }

    function test_RefusesTheProofOfAnotherMember(bytes32 seed, uint256 size, uint256 member, uint256 another) public {
        list(seed, bound(size, 2, 33));
        (member, another) = (member % digests.length, another % digests.length);
        vm.assume(member != another);
        // Two siblings with nothing between them have one another in their proofs, so each has its own.
        assertVerified(digests[member], proofOf(another), 0, 0, address(0));
    }

    /* THE EDITION */

    function list(bytes32 seed, uint256 size) private {
        size = bound(size, 1, 33);
        for (uint256 i; i < size; ++i) {
            digests.push(keccak256(abi.encode(seed, i)));
            leaves.push(Reference.leafOf(digests[i]));
        }
        tree = Tree.rootOf(leaves);
        publish(publisher, REF, EDITION, NONE, tree);
    }

    function proofOf(uint256 member) private view returns (bytes32[] memory) {
        return Tree.append(Tree.proofOf(leaves, member), Reference.leafOf(EDITION));
    }

    function without(bytes32[] memory proof, uint256 place) private pure returns (bytes32[] memory shorter) {
        shorter = new bytes32[](proof.length - 1);
        for (uint256 i; i < shorter.length; ++i) {
            shorter[i] = proof[i < place ? i : i + 1];
        }
    }

    function with(bytes32[] memory proof, uint256 place, bytes32 more) private pure returns (bytes32[] memory longer) {
        longer = new bytes32[](proof.length + 1);
        for (uint256 i; i < proof.length; ++i) {
            longer[i < place ? i : i + 1] = proof[i];
        }
        longer[place] = more;
    }

    function tail(bytes32[] memory proof, uint256 from) private pure returns (bytes32[] memory rest) {
        rest = new bytes32[](proof.length - from);
        for (uint256 i; i < rest.length; ++i) {
            rest[i] = proof[from + i];
        }
    }
}
