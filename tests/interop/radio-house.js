// The simulated house: which Zigbee devices it has, what they remember, and how they act on a command.
// Values are in the units of the Zigbee Cluster Library; attributes are named as zigbee-herdsman names them.
"use strict";

const fs = require("node:fs");

const COORDINATOR = "0x00124b0000c0ffee";

const light = {
    kind: "Router",
    power: "Mains (single phase)",
    input: ["genBasic", "genIdentify", "genGroups", "genScenes", "genOnOff", "genLevelCtrl", "lightingColorCtrl"],
};

const sensor = {kind: "EndDevice", power: "Battery"};

// One entry a device; `attributes` is its memory when it leaves the factory.
const DEVICES = [
    {
        ...light,
        name: "bulb",
        ieee: "0x000b57fffe000001",
        maker: [4476, "IKEA of Sweden"],
        model: "TRADFRI bulb E27 WS opal 980lm",
        attributes: {
            genOnOff: {onOff: 0},
            genLevelCtrl: {currentLevel: 127},
            lightingColorCtrl: {colorTemperature: 370, colorMode: 2, colorCapabilities: 16, colorTempPhysicalMin: 250, colorTempPhysicalMax: 454},
        },
    },
    {
        ...sensor,
        name: "weather",
        ieee: "0x00158d0000000002",
        maker: [4151, "LUMI"],
        model: "lumi.weather",
        input: ["genBasic", "genIdentify", "msTemperatureMeasurement", "msPressureMeasurement", "msRelativeHumidity"],
        attributes: {
            msTemperatureMeasurement: {measuredValue: 2000},
            msRelativeHumidity: {measuredValue: 4500},
            msPressureMeasurement: {measuredValue: 1013, scaledValue: 10130, scale: -1},
        },
    },
    {
        ...sensor,
        name: "motion",
        ieee: "0x00158d0000000003",
        maker: [4151, "LUMI"],
        model: "lumi.sensor_motion.aq2",
        input: ["genBasic", "msOccupancySensing", "msIlluminanceMeasurement", "ssIasZone"],
        attributes: {msOccupancySensing: {occupancy: 1}},
    },
    {
        name: "plug",
        kind: "Router",
        power: "Mains (single phase)",
        ieee: "0x00158d0000000004",
        maker: [4447, "LUMI"],
        model: "lumi.plug.maeu01",
        input: ["genBasic", "genIdentify", "genOnOff", "seMetering", "haElectricalMeasurement"],
        attributes: {genOnOff: {onOff: 0}, seMetering: {currentSummDelivered: 1234}, haElectricalMeasurement: {activePower: 0}},
    },
    {
        ...light,
        name: "hue",
        ieee: "0x0017880100000005",
        maker: [4107, "Philips"],
        model: "LCT015",
        attributes: {
            genOnOff: {onOff: 0},
            genLevelCtrl: {currentLevel: 254},
            lightingColorCtrl: {
                currentHue: 0, currentSaturation: 0, enhancedCurrentHue: 0, currentX: 24939, currentY: 24701,
                colorTemperature: 366, colorMode: 2, colorCapabilities: 31, colorTempPhysicalMin: 153, colorTempPhysicalMax: 500,
            },
        },
    },
];

const GROUP = {id: 1, members: ["bulb", "hue"]};

// Actions on the on/off cluster; given the present state they answer the next one.
const SWITCH = {on: () => 1, off: () => 0, toggle: (on) => 1 - on, onWithTimedOff: () => 1, offWithEffect: () => 0};

// Which attributes each colour command writes, and the colour mode it leaves the lamp in.
const COLOUR = {
    moveToColorTemp: [2, {colorTemperature: "colortemp"}],
    moveToColor: [1, {currentX: "colorx", currentY: "colory"}],
    moveToHueAndSaturation: [0, {currentHue: "hue", currentSaturation: "saturation"}],
    enhancedMoveToHueAndSaturation: [0, {enhancedCurrentHue: "enhancehue", currentSaturation: "saturation"}],
    moveToHue: [0, {currentHue: "hue"}],
    moveToSaturation: [0, {currentSaturation: "saturation"}],
};

class Device {
    constructor(definition, index) {
        Object.assign(this, definition);
        this.network = 0x1001 + index;
        this.memory = structuredClone(definition.attributes);
        this.reach = "answers"; // or "fails": the radio cannot deliver; or "silent": delivered, never answered
    }

    read(cluster, attribute) {
        return this.memory[cluster]?.[attribute];
    }

    write(cluster, values) {
        this.memory[cluster] = {...this.memory[cluster], ...values};
    }

    // Acts on a command of one cluster; what the device does not know it ignores.
    act(cluster, command, payload) {
        if (cluster === "genOnOff") this.#act_switch(command);
        if (cluster === "genLevelCtrl") this.#act_level(command, payload.level);
        if (cluster === "lightingColorCtrl") this.#act_colour(command, payload);
    }

    #act_switch(command) {
        const next = SWITCH[command];
        if (next) this.write("genOnOff", {onOff: next(this.read("genOnOff", "onOff"))});
    }

    #act_level(command, level) {
        if (level === undefined) return;
        if (command.endsWith("WithOnOff")) this.write("genOnOff", {onOff: level > 0 ? 1 : 0});
        if (level > 0) this.write("genLevelCtrl", {currentLevel: level});
    }

    #act_colour(command, payload) {
        const [mode, names] = COLOUR[command] ?? [];
        if (mode === undefined) return;
        const written = Object.entries(names).map(([attribute, parameter]) => [attribute, payload[parameter]]);
        this.write("lightingColorCtrl", {...Object.fromEntries(written), colorMode: mode});
    }
}

class House {
    // Real lamps keep their state while Zigbee2MQTT is down, so the memory lies in a file beside its data.
    constructor(file) {
        this.file = file;
        this.devices = DEVICES.map((definition, index) => new Device(definition, index));
        const saved = fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, "utf8")) : {};
        for (const device of this.devices) device.memory = saved[device.name] ?? device.memory;
    }

    save() {
        const memories = Object.fromEntries(this.devices.map((device) => [device.name, device.memory]));
        fs.writeFileSync(`${this.file}.new`, JSON.stringify(memories));
        fs.renameSync(`${this.file}.new`, this.file);
    }

    named(name) {
        return this.devices.find((device) => device.name === name);
    }

    at(network) {
        return this.devices.find((device) => device.network === network);
    }

    group(id) {
        return id === GROUP.id ? GROUP.members.map((name) => this.named(name)) : [];
    }
}

module.exports = {COORDINATOR, GROUP, House};
