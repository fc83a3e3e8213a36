// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Account} from "@openzeppelin/contracts/account/Account.sol";
import {ERC7821} from "@openzeppelin/contracts/account/extensions/draft-ERC7821.sol";
import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {ERC7739} from "@openzeppelin/contracts/utils/cryptography/signers/draft-ERC7739.sol";
import {SignerEIP7702} from "@openzeppelin/contracts/utils/cryptography/signers/SignerEIP7702.sol";

// What an account can delegate to by EIP-7702, of OpenZeppelin's parts, for test/contract/delegated.test.ts.

/// @notice Takes the plain signature of the account's own key.
contract PlainDelegate is IERC1271, SignerEIP7702 {
    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
        return _rawSignatureValidation(hash, signature) ? IERC1271.isValidSignature.selector : bytes4(0xffffffff);
    }
}

/// @notice The account as OpenZeppelin's wizard puts it together: signatures nested by ERC-7739, calls batched by
/// ERC-7821.
contract NestedDelegate is Account, EIP712, ERC7739, ERC7821, SignerEIP7702 {
    constructor() EIP712("NestedDelegate", "1") {}
}
