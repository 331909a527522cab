# ruff: noqa
# fmt: off
# mypy: ignore-errors
# This is a generated file! Please edit source .ksy file and use kaitai-struct-compiler to rebuild

import kaitaistruct
from kaitaistruct import KaitaiStruct, KaitaiStream, BytesIO


if getattr(kaitaistruct, 'API_VERSION', (0, 9)) < (0, 11):
    raise Exception("Incompatible Kaitai Struct Python API: 0.11 or later is required, but you have %s" % (kaitaistruct.__version__))

class SatlocAirGenerated(KaitaiStruct):
    def __init__(self, _io, _parent=None, _root=None):
        super(SatlocAirGenerated, self).__init__(_io)
        self._parent = _parent
        self._root = _root or self
        self._read()

    def _read(self):
        self.frames = []
        i = 0
        while not self._io.is_eof():
            self.frames.append(SatlocAirGenerated.Frame(self._io, self, self._root))
            i += 1



    def _fetch_instances(self):
        pass
        for i in range(len(self.frames)):
            pass
            self.frames[i]._fetch_instances()


    class Agdisp(KaitaiStruct):
        def __init__(self, _io, _parent=None, _root=None):
            super(SatlocAirGenerated.Agdisp, self).__init__(_io)
            self._parent = _parent
            self._root = _root
            self._read()

        def _read(self):
            self.drift_offset = self._io.read_f4le()
            self.release_height = self._io.read_f4le()
            self.droplet_vmd = self._io.read_u2le()


        def _fetch_instances(self):
            pass


    class AppliedRate(KaitaiStruct):
        def __init__(self, _io, _parent=None, _root=None):
            super(SatlocAirGenerated.AppliedRate, self).__init__(_io)
            self._parent = _parent
            self._root = _root
            self._read()

        def _read(self):
            self.applied_rate = self._io.read_f4le()
            self.swath_width = self._io.read_f4le()


        def _fetch_instances(self):
            pass


    class Attitude(KaitaiStruct):
        def __init__(self, _io, _parent=None, _root=None):
            super(SatlocAirGenerated.Attitude, self).__init__(_io)
            self._parent = _parent
            self._root = _root
            self._read()

        def _read(self):
            self.roll = self._io.read_f4le()
            self.pitch = self._io.read_f4le()
            self.heading = self._io.read_f4le()
            self.vertical_speed = self._io.read_f4le()
            self.hdop = self._io.read_f4le()
            self.vdop = self._io.read_f4le()
            self.geoid_separation_wire = self._io.read_s2le()
            self.fix_quality = self._io.read_u1()
            self.satellites_used = self._io.read_u1()
            self.boom_mask = self._io.read_u4le()


        def _fetch_instances(self):
            pass

        @property
        def geoid_separation(self):
            if hasattr(self, '_m_geoid_separation'):
                return self._m_geoid_separation

            self._m_geoid_separation = self.geoid_separation_wire * 0.01
            return getattr(self, '_m_geoid_separation', None)


    class BoomSections(KaitaiStruct):
        def __init__(self, _io, _parent=None, _root=None):
            super(SatlocAirGenerated.BoomSections, self).__init__(_io)
            self._parent = _parent
            self._root = _root
            self._read()

        def _read(self):
            self.count = self._io.read_u1()
            self.section_width = []
            for i in range(self.count):
                self.section_width.append(self._io.read_f4le())



        def _fetch_instances(self):
            pass
            for i in range(len(self.section_width)):
                pass



    class ControllerType(KaitaiStruct):
        def __init__(self, _io, _parent=None, _root=None):
            super(SatlocAirGenerated.ControllerType, self).__init__(_io)
            self._parent = _parent
            self._root = _root
            self._read()

        def _read(self):
            self.controller_name = (self._io.read_bytes_full()).decode(u"ASCII")


        def _fetch_instances(self):
            pass


    class DualFlowMonitor(KaitaiStruct):
        def __init__(self, _io, _parent=None, _root=None):
            super(SatlocAirGenerated.DualFlowMonitor, self).__init__(_io)
            self._parent = _parent
            self._root = _root
            self._read()

        def _read(self):
            self.left_flow_rate = self._io.read_f4le()
            self.right_flow_rate = self._io.read_f4le()
            self.left_volume = self._io.read_f4le()
            self.right_volume = self._io.read_f4le()


        def _fetch_instances(self):
            pass


    class DualFlowTargetRate(KaitaiStruct):
        def __init__(self, _io, _parent=None, _root=None):
            super(SatlocAirGenerated.DualFlowTargetRate, self).__init__(_io)
            self._parent = _parent
            self._root = _root
            self._read()

        def _read(self):
            self.left_target_rate = self._io.read_f4le()
            self.right_target_rate = self._io.read_f4le()


        def _fetch_instances(self):
            pass


    class Environmental(KaitaiStruct):
        def __init__(self, _io, _parent=None, _root=None):
            super(SatlocAirGenerated.Environmental, self).__init__(_io)
            self._parent = _parent
            self._root = _root
            self._read()

        def _read(self):
            self.air_temperature = self._io.read_f4le()
            self.relative_humidity = self._io.read_f4le()
            self.air_pressure = self._io.read_f4le()


        def _fetch_instances(self):
            pass


    class FireDryGateStatus(KaitaiStruct):
        def __init__(self, _io, _parent=None, _root=None):
            super(SatlocAirGenerated.FireDryGateStatus, self).__init__(_io)
            self._parent = _parent
            self._root = _root
            self._read()

        def _read(self):
            self.gate_level_wire = self._io.read_u2le()
            self.head = self._io.read_f4le()
            self.status = self._io.read_u1()


        def _fetch_instances(self):
            pass

        @property
        def gate_level(self):
            if hasattr(self, '_m_gate_level'):
                return self._m_gate_level

            self._m_gate_level = self.gate_level_wire * 0.1
            return getattr(self, '_m_gate_level', None)


    class FlowMonitor(KaitaiStruct):
        def __init__(self, _io, _parent=None, _root=None):
            super(SatlocAirGenerated.FlowMonitor, self).__init__(_io)
            self._parent = _parent
            self._root = _root
            self._read()

        def _read(self):
            self.flow_rate = self._io.read_f4le()
            self.target_flow_rate = self._io.read_f4le()
            self.volume = self._io.read_f4le()
            self.pressure = self._io.read_f4le()
            self.valve_position = self._io.read_u1()
            self.boom_open = self._io.read_bits_int_le(1) != 0
            self.automatic = self._io.read_bits_int_le(1) != 0
            self.alarm = self._io.read_bits_int_le(1) != 0


        def _fetch_instances(self):
            pass


    class FlowSetup(KaitaiStruct):
        def __init__(self, _io, _parent=None, _root=None):
            super(SatlocAirGenerated.FlowSetup, self).__init__(_io)
            self._parent = _parent
            self._root = _root
            self._read()

        def _read(self):
            self.enabled = self._io.read_bits_int_le(1) != 0
            self.dry_material = self._io.read_bits_int_le(1) != 0
            self.calibration = self._io.read_f4le()
            self.nominal_rate = self._io.read_f4le()
            self.boom_width = self._io.read_f4le()


        def _fetch_instances(self):
            pass


    class Frame(KaitaiStruct):
        def __init__(self, _io, _parent=None, _root=None):
            super(SatlocAirGenerated.Frame, self).__init__(_io)
            self._parent = _parent
            self._root = _root
            self._read()

        def _read(self):
            self.sync = self._io.read_bytes(1)
            if not self.sync == b"\xA5":
                raise kaitaistruct.ValidationNotEqualError(b"\xA5", self.sync, self._io, u"/types/frame/seq/0")
            self.size = self._io.read_u1()
            self.type = self._io.read_u1()
            _on = self.type
            if _on == 1:
                pass
                self._raw_payload = self._io.read_bytes(self.size - 4)
                _io__raw_payload = KaitaiStream(BytesIO(self._raw_payload))
                self.payload = SatlocAirGenerated.Position(_io__raw_payload, self, self._root)
            elif _on == 10:
                pass
                self._raw_payload = self._io.read_bytes(self.size - 4)
                _io__raw_payload = KaitaiStream(BytesIO(self._raw_payload))
                self.payload = SatlocAirGenerated.Gps(_io__raw_payload, self, self._root)
            elif _on == 100:
                pass
                self._raw_payload = self._io.read_bytes(self.size - 4)
                _io__raw_payload = KaitaiStream(BytesIO(self._raw_payload))
                self.payload = SatlocAirGenerated.SystemSetup(_io__raw_payload, self, self._root)
            elif _on == 110:
                pass
                self._raw_payload = self._io.read_bytes(self.size - 4)
                _io__raw_payload = KaitaiStream(BytesIO(self._raw_payload))
                self.payload = SatlocAirGenerated.Environmental(_io__raw_payload, self, self._root)
            elif _on == 120:
                pass
                self._raw_payload = self._io.read_bytes(self.size - 4)
                _io__raw_payload = KaitaiStream(BytesIO(self._raw_payload))
                self.payload = SatlocAirGenerated.SwathingSetup(_io__raw_payload, self, self._root)
            elif _on == 140:
                pass
                self._raw_payload = self._io.read_bytes(self.size - 4)
                _io__raw_payload = KaitaiStream(BytesIO(self._raw_payload))
                self.payload = SatlocAirGenerated.FlowSetup(_io__raw_payload, self, self._root)
            elif _on == 142:
                pass
                self._raw_payload = self._io.read_bytes(self.size - 4)
                _io__raw_payload = KaitaiStream(BytesIO(self._raw_payload))
                self.payload = SatlocAirGenerated.BoomSections(_io__raw_payload, self, self._root)
            elif _on == 151:
                pass
                self._raw_payload = self._io.read_bytes(self.size - 4)
                _io__raw_payload = KaitaiStream(BytesIO(self._raw_payload))
                self.payload = SatlocAirGenerated.FreeText(_io__raw_payload, self, self._root)
            elif _on == 152:
                pass
                self._raw_payload = self._io.read_bytes(self.size - 4)
                _io__raw_payload = KaitaiStream(BytesIO(self._raw_payload))
                self.payload = SatlocAirGenerated.FreeText(_io__raw_payload, self, self._root)
            elif _on == 20:
                pass
                self._raw_payload = self._io.read_bytes(self.size - 4)
                _io__raw_payload = KaitaiStream(BytesIO(self._raw_payload))
                self.payload = SatlocAirGenerated.SwathNumber(_io__raw_payload, self, self._root)
            elif _on == 30:
                pass
                self._raw_payload = self._io.read_bytes(self.size - 4)
                _io__raw_payload = KaitaiStream(BytesIO(self._raw_payload))
                self.payload = SatlocAirGenerated.FlowMonitor(_io__raw_payload, self, self._root)
            elif _on == 31:
                pass
                self._raw_payload = self._io.read_bytes(self.size - 4)
                _io__raw_payload = KaitaiStream(BytesIO(self._raw_payload))
                self.payload = SatlocAirGenerated.DualFlowMonitor(_io__raw_payload, self, self._root)
            elif _on == 32:
                pass
                self._raw_payload = self._io.read_bytes(self.size - 4)
                _io__raw_payload = KaitaiStream(BytesIO(self._raw_payload))
                self.payload = SatlocAirGenerated.TargetApplicationRate(_io__raw_payload, self, self._root)
            elif _on == 33:
                pass
                self._raw_payload = self._io.read_bytes(self.size - 4)
                _io__raw_payload = KaitaiStream(BytesIO(self._raw_payload))
                self.payload = SatlocAirGenerated.DualFlowTargetRate(_io__raw_payload, self, self._root)
            elif _on == 36:
                pass
                self._raw_payload = self._io.read_bytes(self.size - 4)
                _io__raw_payload = KaitaiStream(BytesIO(self._raw_payload))
                self.payload = SatlocAirGenerated.AppliedRate(_io__raw_payload, self, self._root)
            elif _on == 37:
                pass
                self._raw_payload = self._io.read_bytes(self.size - 4)
                _io__raw_payload = KaitaiStream(BytesIO(self._raw_payload))
                self.payload = SatlocAirGenerated.FireDryGateStatus(_io__raw_payload, self, self._root)
            elif _on == 38:
                pass
                self._raw_payload = self._io.read_bytes(self.size - 4)
                _io__raw_payload = KaitaiStream(BytesIO(self._raw_payload))
                self.payload = SatlocAirGenerated.If2DryGate(_io__raw_payload, self, self._root)
            elif _on == 39:
                pass
                self._raw_payload = self._io.read_bytes(self.size - 4)
                _io__raw_payload = KaitaiStream(BytesIO(self._raw_payload))
                self.payload = SatlocAirGenerated.TlegDryGate(_io__raw_payload, self, self._root)
            elif _on == 42:
                pass
                self._raw_payload = self._io.read_bytes(self.size - 4)
                _io__raw_payload = KaitaiStream(BytesIO(self._raw_payload))
                self.payload = SatlocAirGenerated.LaserAltimeter(_io__raw_payload, self, self._root)
            elif _on == 43:
                pass
                self._raw_payload = self._io.read_bytes(self.size - 4)
                _io__raw_payload = KaitaiStream(BytesIO(self._raw_payload))
                self.payload = SatlocAirGenerated.Agdisp(_io__raw_payload, self, self._root)
            elif _on == 45:
                pass
                self._raw_payload = self._io.read_bytes(self.size - 4)
                _io__raw_payload = KaitaiStream(BytesIO(self._raw_payload))
                self.payload = SatlocAirGenerated.TachTimes(_io__raw_payload, self, self._root)
            elif _on == 46:
                pass
                self._raw_payload = self._io.read_bytes(self.size - 4)
                _io__raw_payload = KaitaiStream(BytesIO(self._raw_payload))
                self.payload = SatlocAirGenerated.ControllerType(_io__raw_payload, self, self._root)
            elif _on == 47:
                pass
                self._raw_payload = self._io.read_bytes(self.size - 4)
                _io__raw_payload = KaitaiStream(BytesIO(self._raw_payload))
                self.payload = SatlocAirGenerated.If2BoomPressure(_io__raw_payload, self, self._root)
            elif _on == 50:
                pass
                self._raw_payload = self._io.read_bytes(self.size - 4)
                _io__raw_payload = KaitaiStream(BytesIO(self._raw_payload))
                self.payload = SatlocAirGenerated.Wind(_io__raw_payload, self, self._root)
            elif _on == 52:
                pass
                self._raw_payload = self._io.read_bytes(self.size - 4)
                _io__raw_payload = KaitaiStream(BytesIO(self._raw_payload))
                self.payload = SatlocAirGenerated.MicroRpm(_io__raw_payload, self, self._root)
            elif _on == 56:
                pass
                self._raw_payload = self._io.read_bytes(self.size - 4)
                _io__raw_payload = KaitaiStream(BytesIO(self._raw_payload))
                self.payload = SatlocAirGenerated.SbcTemperatures(_io__raw_payload, self, self._root)
            elif _on == 57:
                pass
                self._raw_payload = self._io.read_bytes(self.size - 4)
                _io__raw_payload = KaitaiStream(BytesIO(self._raw_payload))
                self.payload = SatlocAirGenerated.Meterate(_io__raw_payload, self, self._root)
            elif _on == 60:
                pass
                self._raw_payload = self._io.read_bytes(self.size - 4)
                _io__raw_payload = KaitaiStream(BytesIO(self._raw_payload))
                self.payload = SatlocAirGenerated.Marker(_io__raw_payload, self, self._root)
            elif _on == 61:
                pass
                self._raw_payload = self._io.read_bytes(self.size - 4)
                _io__raw_payload = KaitaiStream(BytesIO(self._raw_payload))
                self.payload = SatlocAirGenerated.MarkerUnicode(_io__raw_payload, self, self._root)
            else:
                pass
                self.payload = self._io.read_bytes(self.size - 4)
            self.checksum = self._io.read_u1()


        def _fetch_instances(self):
            pass
            _on = self.type
            if _on == 1:
                pass
                self.payload._fetch_instances()
            elif _on == 10:
                pass
                self.payload._fetch_instances()
            elif _on == 100:
                pass
                self.payload._fetch_instances()
            elif _on == 110:
                pass
                self.payload._fetch_instances()
            elif _on == 120:
                pass
                self.payload._fetch_instances()
            elif _on == 140:
                pass
                self.payload._fetch_instances()
            elif _on == 142:
                pass
                self.payload._fetch_instances()
            elif _on == 151:
                pass
                self.payload._fetch_instances()
            elif _on == 152:
                pass
                self.payload._fetch_instances()
            elif _on == 20:
                pass
                self.payload._fetch_instances()
            elif _on == 30:
                pass
                self.payload._fetch_instances()
            elif _on == 31:
                pass
                self.payload._fetch_instances()
            elif _on == 32:
                pass
                self.payload._fetch_instances()
            elif _on == 33:
                pass
                self.payload._fetch_instances()
            elif _on == 36:
                pass
                self.payload._fetch_instances()
            elif _on == 37:
                pass
                self.payload._fetch_instances()
            elif _on == 38:
                pass
                self.payload._fetch_instances()
            elif _on == 39:
                pass
                self.payload._fetch_instances()
            elif _on == 42:
                pass
                self.payload._fetch_instances()
            elif _on == 43:
                pass
                self.payload._fetch_instances()
            elif _on == 45:
                pass
                self.payload._fetch_instances()
            elif _on == 46:
                pass
                self.payload._fetch_instances()
            elif _on == 47:
                pass
                self.payload._fetch_instances()
            elif _on == 50:
                pass
                self.payload._fetch_instances()
            elif _on == 52:
                pass
                self.payload._fetch_instances()
            elif _on == 56:
                pass
                self.payload._fetch_instances()
            elif _on == 57:
                pass
                self.payload._fetch_instances()
            elif _on == 60:
                pass
                self.payload._fetch_instances()
            elif _on == 61:
                pass
                self.payload._fetch_instances()
            else:
                pass


    class FreeText(KaitaiStruct):
        def __init__(self, _io, _parent=None, _root=None):
            super(SatlocAirGenerated.FreeText, self).__init__(_io)
            self._parent = _parent
            self._root = _root
            self._read()

        def _read(self):
            self.text = (self._io.read_bytes_full()).decode(u"UTF-8")


        def _fetch_instances(self):
            pass


    class Gps(KaitaiStruct):
        def __init__(self, _io, _parent=None, _root=None):
            super(SatlocAirGenerated.Gps, self).__init__(_io)
            self._parent = _parent
            self._root = _root
            self._read()

        def _read(self):
            self.time = SatlocAirGenerated.Moment(self._io, self, self._root)
            self.gps_week = self._io.read_u2le()
            self.time_of_week_wire = self._io.read_u4le()
            self.satellites_used = self._io.read_u1()
            self.satellites_in_view = self._io.read_u1()
            self.hdop_wire = self._io.read_u2le()
            self.pdop_wire = self._io.read_u2le()
            self.receiver_status = self._io.read_u2le()


        def _fetch_instances(self):
            pass
            self.time._fetch_instances()

        @property
        def hdop(self):
            if hasattr(self, '_m_hdop'):
                return self._m_hdop

            self._m_hdop = self.hdop_wire * 0.01
            return getattr(self, '_m_hdop', None)

        @property
        def pdop(self):
            if hasattr(self, '_m_pdop'):
                return self._m_pdop

            self._m_pdop = self.pdop_wire * 0.01
            return getattr(self, '_m_pdop', None)

        @property
        def time_of_week(self):
            if hasattr(self, '_m_time_of_week'):
                return self._m_time_of_week

            self._m_time_of_week = self.time_of_week_wire * 0.001
            return getattr(self, '_m_time_of_week', None)


    class If2BoomPressure(KaitaiStruct):
        def __init__(self, _io, _parent=None, _root=None):
            super(SatlocAirGenerated.If2BoomPressure, self).__init__(_io)
            self._parent = _parent
            self._root = _root
            self._read()

        def _read(self):
            self.boom_pressure = self._io.read_f4le()
            self.target_boom_pressure = self._io.read_f4le()


        def _fetch_instances(self):
            pass


    class If2DryGate(KaitaiStruct):
        def __init__(self, _io, _parent=None, _root=None):
            super(SatlocAirGenerated.If2DryGate, self).__init__(_io)
            self._parent = _parent
            self._root = _root
            self._read()

        def _read(self):
            self.gate_position_wire = self._io.read_u2le()
            self.target_position_wire = self._io.read_u2le()
            self.rate = self._io.read_f4le()


        def _fetch_instances(self):
            pass

        @property
        def gate_position(self):
            if hasattr(self, '_m_gate_position'):
                return self._m_gate_position

            self._m_gate_position = self.gate_position_wire * 0.1
            return getattr(self, '_m_gate_position', None)

        @property
        def target_position(self):
            if hasattr(self, '_m_target_position'):
                return self._m_target_position

            self._m_target_position = self.target_position_wire * 0.1
            return getattr(self, '_m_target_position', None)


    class LaserAltimeter(KaitaiStruct):
        def __init__(self, _io, _parent=None, _root=None):
            super(SatlocAirGenerated.LaserAltimeter, self).__init__(_io)
            self._parent = _parent
            self._root = _root
            self._read()

        def _read(self):
            self.height = self._io.read_f4le()
            self.status = self._io.read_u1()


        def _fetch_instances(self):
            pass


    class Marker(KaitaiStruct):
        def __init__(self, _io, _parent=None, _root=None):
            super(SatlocAirGenerated.Marker, self).__init__(_io)
            self._parent = _parent
            self._root = _root
            self._read()

        def _read(self):
            self.marker_type = self._io.read_u1()
            self.latitude = self._io.read_f8le()
            self.longitude = self._io.read_f8le()


        def _fetch_instances(self):
            pass


    class MarkerUnicode(KaitaiStruct):
        def __init__(self, _io, _parent=None, _root=None):
            super(SatlocAirGenerated.MarkerUnicode, self).__init__(_io)
            self._parent = _parent
            self._root = _root
            self._read()

        def _read(self):
            self.marker_type = self._io.read_u1()
            self.latitude = self._io.read_f8le()
            self.longitude = self._io.read_f8le()
            self.label = (self._io.read_bytes_full()).decode(u"UTF-16LE")


        def _fetch_instances(self):
            pass


    class Meterate(KaitaiStruct):
        def __init__(self, _io, _parent=None, _root=None):
            super(SatlocAirGenerated.Meterate, self).__init__(_io)
            self._parent = _parent
            self._root = _root
            self._read()

        def _read(self):
            self.rate = self._io.read_f4le()
            self.target = self._io.read_f4le()


        def _fetch_instances(self):
            pass


    class MicroRpm(KaitaiStruct):
        def __init__(self, _io, _parent=None, _root=None):
            super(SatlocAirGenerated.MicroRpm, self).__init__(_io)
            self._parent = _parent
            self._root = _root
            self._read()

        def _read(self):
            self.count = self._io.read_u1()
            self.rpm = []
            for i in range(self.count):
                self.rpm.append(self._io.read_u2le())



        def _fetch_instances(self):
            pass
            for i in range(len(self.rpm)):
                pass



    class Moment(KaitaiStruct):
        def __init__(self, _io, _parent=None, _root=None):
            super(SatlocAirGenerated.Moment, self).__init__(_io)
            self._parent = _parent
            self._root = _root
            self._read()

        def _read(self):
            self.hundredth = self._io.read_bits_int_le(7)
            self.second = self._io.read_bits_int_le(6)
            self.minute = self._io.read_bits_int_le(6)
            self.hour = self._io.read_bits_int_le(5)
            self.day = self._io.read_bits_int_le(5)
            self.month = self._io.read_bits_int_le(4)
            self.year = self._io.read_bits_int_le(7)


        def _fetch_instances(self):
            pass


    class Position(KaitaiStruct):
        def __init__(self, _io, _parent=None, _root=None):
            super(SatlocAirGenerated.Position, self).__init__(_io)
            self._parent = _parent
            self._root = _root
            self._read()

        def _read(self):
            self.time = SatlocAirGenerated.Moment(self._io, self, self._root)
            self.latitude = self._io.read_f8le()
            self.longitude = self._io.read_f8le()
            self.altitude = self._io.read_f4le()
            self.ground_speed = self._io.read_f4le()
            self.track = self._io.read_f4le()
            self.cross_track = self._io.read_f4le()
            self.differential_age = self._io.read_u1()
            self.spray_on = self._io.read_bits_int_le(1) != 0
            self.differential = self._io.read_bits_int_le(1) != 0
            self.in_boundary = self._io.read_bits_int_le(1) != 0
            self.guidance_lock = self._io.read_bits_int_le(1) != 0
            self.satellites = self._io.read_bits_int_le(4)
            if (not (self._io.is_eof())):
                pass
                self.attitude = SatlocAirGenerated.Attitude(self._io, self, self._root)



        def _fetch_instances(self):
            pass
            self.time._fetch_instances()
            if (not (self._io.is_eof())):
                pass
                self.attitude._fetch_instances()



    class SbcTemperatures(KaitaiStruct):
        def __init__(self, _io, _parent=None, _root=None):
            super(SatlocAirGenerated.SbcTemperatures, self).__init__(_io)
            self._parent = _parent
            self._root = _root
            self._read()

        def _read(self):
            self.cpu_temperature_wire = self._io.read_s2le()
            self.board_temperature_wire = self._io.read_s2le()


        def _fetch_instances(self):
            pass

        @property
        def board_temperature(self):
            if hasattr(self, '_m_board_temperature'):
                return self._m_board_temperature

            self._m_board_temperature = self.board_temperature_wire * 0.1
            return getattr(self, '_m_board_temperature', None)

        @property
        def cpu_temperature(self):
            if hasattr(self, '_m_cpu_temperature'):
                return self._m_cpu_temperature

            self._m_cpu_temperature = self.cpu_temperature_wire * 0.1
            return getattr(self, '_m_cpu_temperature', None)


    class SwathNumber(KaitaiStruct):
        def __init__(self, _io, _parent=None, _root=None):
            super(SatlocAirGenerated.SwathNumber, self).__init__(_io)
            self._parent = _parent
            self._root = _root
            self._read()

        def _read(self):
            self.swath_number = self._io.read_s2le()
            self.swath_offset = self._io.read_f4le()


        def _fetch_instances(self):
            pass


    class SwathingSetup(KaitaiStruct):
        def __init__(self, _io, _parent=None, _root=None):
            super(SatlocAirGenerated.SwathingSetup, self).__init__(_io)
            self._parent = _parent
            self._root = _root
            self._read()

        def _read(self):
            self.job_id = self._io.read_u4le()
            self.swath_width = self._io.read_f4le()
            self.pattern = self._io.read_u1()
            self.heading = self._io.read_f4le()
            self.job_label = (self._io.read_bytes(64)).decode(u"UTF-8")


        def _fetch_instances(self):
            pass


    class SystemSetup(KaitaiStruct):
        def __init__(self, _io, _parent=None, _root=None):
            super(SatlocAirGenerated.SystemSetup, self).__init__(_io)
            self._parent = _parent
            self._root = _root
            self._read()

        def _read(self):
            self.software_version = (self._io.read_bytes(16)).decode(u"ASCII")
            self.aircraft_id = (self._io.read_bytes(16)).decode(u"ASCII")
            self.pilot_name = (self._io.read_bytes(32)).decode(u"ISO-8859-1")
            self.serial_number = self._io.read_u4le()


        def _fetch_instances(self):
            pass


    class TachTimes(KaitaiStruct):
        def __init__(self, _io, _parent=None, _root=None):
            super(SatlocAirGenerated.TachTimes, self).__init__(_io)
            self._parent = _parent
            self._root = _root
            self._read()

        def _read(self):
            self.engine_time_wire = self._io.read_u4le()
            self.spray_time_wire = self._io.read_u4le()
            self.flight_time_wire = self._io.read_u4le()


        def _fetch_instances(self):
            pass

        @property
        def engine_time(self):
            if hasattr(self, '_m_engine_time'):
                return self._m_engine_time

            self._m_engine_time = self.engine_time_wire * 0.01
            return getattr(self, '_m_engine_time', None)

        @property
        def flight_time(self):
            if hasattr(self, '_m_flight_time'):
                return self._m_flight_time

            self._m_flight_time = self.flight_time_wire * 0.01
            return getattr(self, '_m_flight_time', None)

        @property
        def spray_time(self):
            if hasattr(self, '_m_spray_time'):
                return self._m_spray_time

            self._m_spray_time = self.spray_time_wire * 0.01
            return getattr(self, '_m_spray_time', None)


    class TargetApplicationRate(KaitaiStruct):
        def __init__(self, _io, _parent=None, _root=None):
            super(SatlocAirGenerated.TargetApplicationRate, self).__init__(_io)
            self._parent = _parent
            self._root = _root
            self._read()

        def _read(self):
            self.target_rate = self._io.read_f4le()
            self.material = self._io.read_u1()


        def _fetch_instances(self):
            pass


    class TlegDryGate(KaitaiStruct):
        def __init__(self, _io, _parent=None, _root=None):
            super(SatlocAirGenerated.TlegDryGate, self).__init__(_io)
            self._parent = _parent
            self._root = _root
            self._read()

        def _read(self):
            self.gate_position_wire = self._io.read_u2le()
            self.target_rate = self._io.read_f4le()
            self.applied_rate = self._io.read_f4le()


        def _fetch_instances(self):
            pass

        @property
        def gate_position(self):
            if hasattr(self, '_m_gate_position'):
                return self._m_gate_position

            self._m_gate_position = self.gate_position_wire * 0.1
            return getattr(self, '_m_gate_position', None)


    class Wind(KaitaiStruct):
        def __init__(self, _io, _parent=None, _root=None):
            super(SatlocAirGenerated.Wind, self).__init__(_io)
            self._parent = _parent
            self._root = _root
            self._read()

        def _read(self):
            self.wind_speed = self._io.read_f4le()
            self.wind_direction = self._io.read_f4le()
            self.air_temperature = self._io.read_f4le()
            self.relative_humidity = self._io.read_u1()
            self.air_pressure_wire = self._io.read_u2le()


        def _fetch_instances(self):
            pass

        @property
        def air_pressure(self):
            if hasattr(self, '_m_air_pressure'):
                return self._m_air_pressure

            self._m_air_pressure = self.air_pressure_wire * 0.1
            return getattr(self, '_m_air_pressure', None)
