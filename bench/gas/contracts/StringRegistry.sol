// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title StringRegistry
/// @notice What tutorials about IPFS and Solidity show: the CID as a string, in a list of versions under a name.
contract StringRegistry {
    struct Version {
        string cid;
        uint256 timestamp;
        address publisher;
    }

    mapping(string name => Version[]) private versions;

    event VersionAdded(string name, uint256 index, string cid);

    function publish(string calldata name, string calldata cid) external {
        versions[name].push(Version(cid, block.timestamp, msg.sender));
        emit VersionAdded(name, versions[name].length - 1, cid);
    }

    function version(string calldata name, uint256 index) external view returns (Version memory) {
        return versions[name][index];
    }

    function latest(string calldata name) external view returns (Version memory) {
        return versions[name][versions[name].length - 1];
    }
}
