# satloc_air for Kaitai Struct. satloc_air_generated.py is made from it by kaitai-struct-compiler
# 0.11 (target python); its first three lines, which keep linters and mypy off, are then put back, in
# place of its own "type: ignore".
#
# Kaitai has no sums of bytes and no times: the rival verifies `checksum` from `_raw_payload`, and
# makes moments, null and stripped text in Python.
meta:
  id: satloc_air_generated
  endian: le
  bit-endian: le
seq:
  - id: frames
    type: frame
    repeat: eos
types:
  frame:
    seq:
      - id: sync
        contents: [0xa5]
      - id: size
        type: u1
      - id: type
        type: u1
      - id: payload
        size: size - 4
        type:
          switch-on: type
          cases:
            1: position
            10: gps
            20: swath_number
            30: flow_monitor
            31: dual_flow_monitor
            32: target_application_rate
            33: dual_flow_target_rate
            36: applied_rate
            37: fire_dry_gate_status
            38: if2_dry_gate
            39: tleg_dry_gate
            42: laser_altimeter
            43: agdisp
            45: tach_times
            46: controller_type
            47: if2_boom_pressure
            50: wind
            52: micro_rpm
            56: sbc_temperatures
            57: meterate
            60: marker
            61: marker_unicode
            100: system_setup
            110: environmental
            120: swathing_setup
            140: flow_setup
            142: boom_sections
            151: free_text
            152: free_text
      - id: checksum
        type: u1
  moment:
    seq:
      - {id: hundredth, type: b7}
      - {id: second, type: b6}
      - {id: minute, type: b6}
      - {id: hour, type: b5}
      - {id: day, type: b5}
      - {id: month, type: b4}
      - {id: year, type: b7}
  position:
    seq:
      - {id: time, type: moment}
      - {id: latitude, type: f8}
      - {id: longitude, type: f8}
      - {id: altitude, type: f4}
      - {id: ground_speed, type: f4}
      - {id: track, type: f4}
      - {id: cross_track, type: f4}
      - {id: differential_age, type: u1}
      - {id: spray_on, type: b1}
      - {id: differential, type: b1}
      - {id: in_boundary, type: b1}
      - {id: guidance_lock, type: b1}
      - {id: satellites, type: b4}
      - {id: attitude, type: attitude, if: not _io.eof}
  attitude:
    seq:
      - {id: roll, type: f4}
      - {id: pitch, type: f4}
      - {id: heading, type: f4}
      - {id: vertical_speed, type: f4}
      - {id: hdop, type: f4}
      - {id: vdop, type: f4}
      - {id: geoid_separation_wire, type: s2}
      - {id: fix_quality, type: u1}
      - {id: satellites_used, type: u1}
      - {id: boom_mask, type: u4}
    instances:
      geoid_separation: {value: geoid_separation_wire * 0.01}
  gps:
    seq:
      - {id: time, type: moment}
      - {id: gps_week, type: u2}
      - {id: time_of_week_wire, type: u4}
      - {id: satellites_used, type: u1}
      - {id: satellites_in_view, type: u1}
      - {id: hdop_wire, type: u2}
      - {id: pdop_wire, type: u2}
      - {id: receiver_status, type: u2}
    instances:
      time_of_week: {value: time_of_week_wire * 0.001}
      hdop: {value: hdop_wire * 0.01}
      pdop: {value: pdop_wire * 0.01}
  swath_number:
    seq:
      - {id: swath_number, type: s2}
      - {id: swath_offset, type: f4}
  flow_monitor:
    seq:
      - {id: flow_rate, type: f4}
      - {id: target_flow_rate, type: f4}
      - {id: volume, type: f4}
      - {id: pressure, type: f4}
      - {id: valve_position, type: u1}
      - {id: boom_open, type: b1}
      - {id: automatic, type: b1}
      - {id: alarm, type: b1}
  dual_flow_monitor:
    seq:
      - {id: left_flow_rate, type: f4}
      - {id: right_flow_rate, type: f4}
      - {id: left_volume, type: f4}
      - {id: right_volume, type: f4}
  target_application_rate:
    seq:
      - {id: target_rate, type: f4}
      - {id: material, type: u1}
  dual_flow_target_rate:
    seq:
      - {id: left_target_rate, type: f4}
      - {id: right_target_rate, type: f4}
  applied_rate:
    seq:
      - {id: applied_rate, type: f4}
      - {id: swath_width, type: f4}
  fire_dry_gate_status:
    seq:
      - {id: gate_level_wire, type: u2}
      - {id: head, type: f4}
      - {id: status, type: u1}
    instances:
      gate_level: {value: gate_level_wire * 0.1}
  if2_dry_gate:
    seq:
      - {id: gate_position_wire, type: u2}
      - {id: target_position_wire, type: u2}
      - {id: rate, type: f4}
    instances:
      gate_position: {value: gate_position_wire * 0.1}
      target_position: {value: target_position_wire * 0.1}
  tleg_dry_gate:
    seq:
      - {id: gate_position_wire, type: u2}
      - {id: target_rate, type: f4}
      - {id: applied_rate, type: f4}
    instances:
      gate_position: {value: gate_position_wire * 0.1}
  laser_altimeter:
    seq:
      - {id: height, type: f4}
      - {id: status, type: u1}
  agdisp:
    seq:
      - {id: drift_offset, type: f4}
      - {id: release_height, type: f4}
      - {id: droplet_vmd, type: u2}
  tach_times:
    seq:
      - {id: engine_time_wire, type: u4}
      - {id: spray_time_wire, type: u4}
      - {id: flight_time_wire, type: u4}
    instances:
      engine_time: {value: engine_time_wire * 0.01}
      spray_time: {value: spray_time_wire * 0.01}
      flight_time: {value: flight_time_wire * 0.01}
  controller_type:
    seq:
      - {id: controller_name, type: str, encoding: ASCII, size-eos: true}
  if2_boom_pressure:
    seq:
      - {id: boom_pressure, type: f4}
      - {id: target_boom_pressure, type: f4}
  wind:
    seq:
      - {id: wind_speed, type: f4}
      - {id: wind_direction, type: f4}
      - {id: air_temperature, type: f4}
      - {id: relative_humidity, type: u1}
      - {id: air_pressure_wire, type: u2}
    instances:
      air_pressure: {value: air_pressure_wire * 0.1}
  micro_rpm:
    seq:
      - {id: count, type: u1}
      - {id: rpm, type: u2, repeat: expr, repeat-expr: count}
  sbc_temperatures:
    seq:
      - {id: cpu_temperature_wire, type: s2}
      - {id: board_temperature_wire, type: s2}
    instances:
      cpu_temperature: {value: cpu_temperature_wire * 0.1}
      board_temperature: {value: board_temperature_wire * 0.1}
  meterate:
    seq:
      - {id: rate, type: f4}
      - {id: target, type: f4}
  marker:
    seq:
      - {id: marker_type, type: u1}
      - {id: latitude, type: f8}
      - {id: longitude, type: f8}
  marker_unicode:
    seq:
      - {id: marker_type, type: u1}
      - {id: latitude, type: f8}
      - {id: longitude, type: f8}
      - {id: label, type: str, encoding: UTF-16LE, size-eos: true}
  system_setup:
    seq:
      - {id: software_version, type: str, encoding: ASCII, size: 16}
      - {id: aircraft_id, type: str, encoding: ASCII, size: 16}
      - {id: pilot_name, type: str, encoding: ISO-8859-1, size: 32}
      - {id: serial_number, type: u4}
  environmental:
    seq:
      - {id: air_temperature, type: f4}
      - {id: relative_humidity, type: f4}
      - {id: air_pressure, type: f4}
  swathing_setup:
    seq:
      - {id: job_id, type: u4}
      - {id: swath_width, type: f4}
      - {id: pattern, type: u1}
      - {id: heading, type: f4}
      - {id: job_label, type: str, encoding: UTF-8, size: 64}
  flow_setup:
    seq:
      - {id: enabled, type: b1}
      - {id: dry_material, type: b1}
      - {id: calibration, type: f4}
      - {id: nominal_rate, type: f4}
      - {id: boom_width, type: f4}
  boom_sections:
    seq:
      - {id: count, type: u1}
      - {id: section_width, type: f4, repeat: expr, repeat-expr: count}
  free_text:
    seq:
      - {id: text, type: str, encoding: UTF-8, size-eos: true}
