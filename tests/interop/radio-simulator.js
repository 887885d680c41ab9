// A simulated Zigbee radio for the real Zigbee2MQTT, loaded before it: node -r ./radio-simulator.js .../cli.js
//
// ZIGBEE2MQTT_DATA  the data folder; a missing database.db is written there, the devices' memory is kept in radio.json
// FAKE_PERIOD       milliseconds between two reports of the sensors, default 3000
// FAKE_UNREACHABLE  names of devices that cannot be reached from the start, separated by commas
// FAKE_CONTROL      path of a socket that takes one JSON request a line and answers one line each:
//                     {"device":"plug","reach":"answers"|"fails"|"silent"}
//                     {"device":"plug","report":{"genOnOff":{"onOff":1}}}   somebody pressed its button
"use strict";

const fs = require("node:fs");
const net = require("node:net");
const path = require("node:path");
const readline = require("node:readline");
const {COORDINATOR, GROUP, House} = require("./radio-house.js");

const {env} = process;
const data = env.ZIGBEE2MQTT_DATA;
const modules = path.join(env.HES_INTEROP_WORK ?? path.join(__dirname, ".work"), "z2m", "node_modules");
const herdsman = path.join(modules, "zigbee-herdsman", "dist");
const {Adapter} = require(path.join(herdsman, "adapter", "adapter.js"));
const Zcl = require(path.join(herdsman, "zspec", "zcl"));
const Zdo = require(path.join(herdsman, "zspec", "zdo"));

const AIR_TIME = 10; // milliseconds from a frame to its answer
const PATIENCE = 2000; // milliseconds that the radio waits for a silent device
const house = new House(path.join(data, "radio.json"));

class Radio extends Adapter {
    static started;

    #sequence = 0;

    async start() {
        Radio.started = this;
        return "resumed";
    }

    async stop() {}
    async reset() {}
    async permitJoin() {}
    async addInstallCode() {}
    async setChannelInterPAN() {}
    async restoreChannelInterPAN() {}
    async sendZclFrameInterPANToIeeeAddr() {}
    async sendZclFrameInterPANBroadcast() {}
    async sendZclFrameToAll() {}

    async supportsBackup() {
        return false;
    }

    async getCoordinatorIEEE() {
        return COORDINATOR;
    }

    async getCoordinatorVersion() {
        return {type: "Simulated", meta: {revision: 1}};
    }

    async getNetworkParameters() {
        const {panID, extendedPanID, channelList} = this.networkOptions;
        return {panID, extendedPanID: `0x${Buffer.from(extendedPanID).toString("hex")}`, channel: channelList[0], nwkUpdateID: 0};
    }

    waitFor() {
        return {promise: new Promise(() => {}), cancel() {}};
    }

    async sendZdo(_ieee, network, cluster, _payload, unanswered) {
        if (unanswered) return undefined;
        if (network !== 0) await this.#deliver(house.at(network), 1000);
        if (cluster === Zdo.ClusterId.ACTIVE_ENDPOINTS_REQUEST) return [0, {nwkAddress: network, endpointList: [1]}];
        if (cluster === Zdo.ClusterId.NODE_DESCRIPTOR_REQUEST) return [0, {nwkAddress: network, logicalType: 0, manufacturerCode: 0}];
        if (cluster === Zdo.ClusterId.SIMPLE_DESCRIPTOR_REQUEST) {
            const empty = {length: 0, deviceVersion: 0, inClusterList: [], outClusterList: []};
            return [0, {...empty, nwkAddress: network, endpoint: 1, profileId: 260, deviceId: 5}];
        }
        return [0, {}];
    }

    async sendZclFrameToEndpoint(_ieee, network, endpoint, frame, timeout, unanswered) {
        const device = house.at(network);
        await this.#deliver(device, timeout);
        const answer = respond(device, frame);
        house.save();
        return unanswered ? undefined : this.#receive(device, endpoint, answer);
    }

    async sendZclFrameToGroup(id, frame) {
        await pause(AIR_TIME);
        const hearing = house.group(id).filter((device) => device.reach === "answers");
        for (const device of hearing) device.act(frame.cluster.name, frame.command.name, frame.payload);
        house.save();
    }

    // Changes attributes of a device and reports them, as the device does when its world changes.
    report(device, clusters) {
        for (const [name, values] of Object.entries(clusters)) {
            device.write(name, values);
            const cluster = Zcl.Utils.getCluster(name, undefined, {});
            this.#sequence = (this.#sequence + 1) % 256;
            const attributes = Object.entries(values).map(([attribute, value]) => attributeRecord(cluster.attributes[attribute], value));
            this.#receive(device, 1, globalFrame(cluster, this.#sequence, "report", attributes));
        }
        house.save();
    }

    async #deliver(device, timeout) {
        if (device.reach === "silent") {
            await pause(Math.min(timeout, PATIENCE));
            throw new Error("Timeout (simulated)");
        }
        await pause(AIR_TIME);
        if (device.reach === "fails") throw new Error("Delivery failed (simulated)");
    }

    #receive(device, endpoint, frame) {
        const buffer = frame.toBuffer();
        const payload = {
            address: device.network, clusterID: frame.cluster.ID, data: buffer, header: Zcl.Header.fromBuffer(buffer),
            endpoint, linkquality: 120, groupID: 0, wasBroadcast: false, destinationEndpoint: 1,
        };
        setImmediate(() => this.emit("zclPayload", payload));
        return payload;
    }
}

// Lets the device act on a frame and makes the frame it answers with.
function respond(device, frame) {
    const {cluster, command, header, payload} = frame;
    const answer = (name, body) => globalFrame(cluster, header.transactionSequenceNumber, name, body);
    if (header.isSpecific) device.act(cluster.name, command.name, payload);
    else if (command.name === "read") return answer("readRsp", payload.map(({attrId}) => readRecord(device, cluster, attrId)));
    else if (command.name === "write") {
        for (const {attrId, attrData} of payload) device.write(cluster.name, {[attributeName(cluster, attrId)]: attrData});
        return answer("writeRsp", [{status: Zcl.Status.SUCCESS}]);
    } else if (command.name === "configReport") return answer("configReportRsp", [{status: Zcl.Status.SUCCESS}]);
    return answer("defaultRsp", {cmdId: header.commandIdentifier, statusCode: Zcl.Status.SUCCESS});
}

function readRecord(device, cluster, id) {
    const name = attributeName(cluster, id);
    const value = device.read(cluster.name, name);
    if (value === undefined) return {attrId: id, status: Zcl.Status.UNSUPPORTED_ATTRIBUTE};
    return {...attributeRecord(cluster.attributes[name], value), status: Zcl.Status.SUCCESS};
}

function attributeRecord(attribute, value) {
    return {attrId: attribute.ID, dataType: attribute.type, attrData: value};
}

function attributeName(cluster, id) {
    return Object.keys(cluster.attributes).find((name) => cluster.attributes[name].ID === id) ?? String(id);
}

function globalFrame(cluster, sequence, command, payload) {
    return Zcl.Frame.create(Zcl.FrameType.GLOBAL, Zcl.Direction.SERVER_TO_CLIENT, true, undefined, sequence, command, cluster.name, payload, {}, 0);
}

function pause(milliseconds) {
    return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

// Writes what Zigbee2MQTT would have stored after it interviewed every device.
function writeDatabase(file) {
    const id = (name) => Zcl.Utils.getCluster(name, undefined, {}).ID;
    const bare = {profId: 260, epId: 1, devId: 256, outClusterList: [], clusters: {}, binds: [], configuredReportings: [], meta: {}};
    const endpoint = (input) => ({...bare, inClusterList: input.map(id)});
    const interviewed = {epList: [1], interviewCompleted: true, interviewState: "SUCCESSFUL", meta: {}};
    const coordinator = {
        ...interviewed, id: 1, type: "Coordinator", ieeeAddr: COORDINATOR, nwkAddr: 0, manufId: 0, endpoints: {1: endpoint([])},
    };
    const devices = house.devices.map((device, index) => ({
        ...interviewed, id: index + 2, type: device.kind, ieeeAddr: device.ieee, nwkAddr: device.network,
        manufId: device.maker[0], manufName: device.maker[1], powerSource: device.power, modelId: device.model,
        endpoints: {1: endpoint(device.input)}, appVersion: 1, stackVersion: 2, hwVersion: 1, zclVersion: 3,
        dateCode: "20240101", swBuildId: "1.0.0", meta: {configured: 1}, lastSeen: Date.now(),
    }));
    const members = house.group(GROUP.id).map((device) => ({deviceIeeeAddr: device.ieee, endpointID: 1}));
    const group = {id: devices.length + 2, type: "Group", groupID: GROUP.id, members, meta: {}};
    fs.writeFileSync(file, [coordinator, ...devices, group].map((entry) => JSON.stringify(entry)).join("\n"));
}

// The weather runs up and down between 20 and 25 degrees; somebody is always in the hall.
function reportSensors(tick) {
    const measuredValue = 2000 + 10 * Math.abs(((tick + 50) % 100) - 50);
    report(house.named("weather"), {msTemperatureMeasurement: {measuredValue}, msRelativeHumidity: {measuredValue: 4500}});
    report(house.named("motion"), {msOccupancySensing: {occupancy: 1}});
}

function report(device, clusters) {
    if (Radio.started && device.reach === "answers") Radio.started.report(device, clusters);
}

function obey(request) {
    const device = house.named(request.device);
    if (!device) throw new Error(`no device ${request.device}`);
    if (request.reach) device.reach = request.reach;
    if (request.report) report(device, request.report);
    return {done: true};
}

function serveControl(socket) {
    fs.rmSync(socket, {force: true});
    const server = net.createServer((connection) => {
        connection.on("error", () => {});
        readline.createInterface({input: connection}).on("line", (line) => {
            let answer;
            try {
                answer = obey(JSON.parse(line));
            } catch (error) {
                answer = {error: error.message};
            }
            connection.write(`${JSON.stringify(answer)}\n`);
        });
    });
    server.listen(socket).unref();
}

Adapter.create = async (...options) => new Radio(...options);
const database = path.join(data, "database.db");
if (!fs.existsSync(database)) writeDatabase(database);
for (const name of (env.FAKE_UNREACHABLE ?? "").split(",").filter(Boolean)) house.named(name).reach = "fails";
if (env.FAKE_CONTROL) serveControl(env.FAKE_CONTROL);
let tick = 0;
setInterval(() => reportSensors(tick++), Number(env.FAKE_PERIOD ?? 3000)).unref();
