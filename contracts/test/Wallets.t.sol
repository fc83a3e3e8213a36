// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";

// Contract wallets for test/contract/wallet.test.ts: a strict one, and such as answer oddly, waste gas or reach back.

/// @notice Says yes to what was approved: one hash with one signature, to the byte.
contract StrictWallet is IERC1271 {
    mapping(bytes32 hash => bytes32 digest) private approved;

    function approve(bytes32 hash, bytes calldata signature) external {
        approved[hash] = keccak256(signature);
    }

    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
        return approved[hash] == keccak256(signature) ? IERC1271.isValidSignature.selector : bytes4(0xffffffff);
    }
}

/// @notice Answers, or reverts, with the same bytes whatever it is asked.
contract FixedWallet {
    bytes private answer;
    bool private reverts;

    constructor(bytes memory answer_, bool reverts_) {
        (answer, reverts) = (answer_, reverts_);
    }

    fallback() external {
        bytes memory copy = answer;
        if (!reverts) {
            assembly ("memory-safe") {
                return(add(copy, 0x20), mload(copy))
            }
        }
        assembly ("memory-safe") {
            revert(add(copy, 0x20), mload(copy))
        }
    }
}

/// @notice Answers, or reverts, with the right word and then a great many zeros.
contract LongWindedWallet {
    uint256 private immutable LENGTH;
    bool private immutable REVERTS;

    constructor(uint256 length, bool reverts) {
        (LENGTH, REVERTS) = (length, reverts);
    }

    function isValidSignature(bytes32, bytes calldata) external view returns (bytes4) {
        (uint256 length, bool reverts) = (LENGTH, REVERTS);
        bytes4 magic = IERC1271.isValidSignature.selector;
        assembly {
            mstore(0x00, magic)
            if reverts { revert(0x00, length) }
            return(0x00, length)
        }
    }
}

/// @notice Spends all the gas it is given.
contract WastefulWallet {
    fallback() external {
        assembly {
            invalid()
        }
    }
}

/// @notice Would say yes to everything, but writes down that it was asked. Its interface does not say `view`.
contract RememberingWallet {
    uint256 public asked;

    function isValidSignature(bytes32, bytes calldata) external returns (bytes4) {
        ++asked;
        return IERC1271.isValidSignature.selector;
    }
}

/// @notice Says yes to whoever only simulates, as wallets do that want their gas to be estimated.
contract SimulatingWallet {
    function isValidSignature(bytes32, bytes calldata) external view returns (bytes4) {
        return tx.origin == address(0) || msg.sender == address(0) ? IERC1271.isValidSignature.selector : bytes4(0);
    }
}

/// @notice When asked it calls back, and says yes if nothing came of that.
contract ReachingWallet {
    address private immutable REGISTRY;
    bytes private attempt;

    constructor(address registry, bytes memory attempt_) {
        REGISTRY = registry;
        attempt = attempt_;
    }

    function isValidSignature(bytes32, bytes calldata) external returns (bytes4) {
        return reach() ? bytes4(0) : IERC1271.isValidSignature.selector;
    }

    /// @notice The same attempt where nobody asked.
    function reach() public returns (bool done) {
        (done,) = REGISTRY.call(attempt);
    }
}
