#!/usr/bin/env bash
# Flies a synthetic flight, makes of its log what its customer would get, and runs the pipeline with
# three jobs, in ./demo/.
set -euo pipefail
cd "$(dirname "$0")/.."

satlog=${VENV:-.venv}/bin/satlog
show() {
    printf '\n$ satlog %s\n' "$*"
    "$satlog" "$@"
}

rm -rf demo
mkdir demo

# What no log can know of the work.
cat >demo/record.yaml <<'END'
operator: Delta Air Service
customer: Rice Farms
address: 12 Levee Road, Jonesboro AR
field: North 40
location: Craighead County, Arkansas
crop: rice
growth_stage: 4 leaves
target: barnyard grass
products:
  - {name: Propanil 4 EC, registration: 12345-678, dose: 7 L/ha, batch: P-2207}
  - {name: Crop oil, dose: 1 L/ha}
carrier: water, 12 L/ha
nozzles: 58 × CP-11TT 4015
droplets: medium
re_entry: 24 h
licence: AR-00417
time_zone: America/Chicago
remarks: |
  Buffer of 30 m kept to the creek in the south.
  Smoke checked before the first pass.
END

show synth demo/flight.log --seed 7 --job demo/job.job
show info demo/flight.log
show convert demo/flight.log demo/tables/ --table all
show head demo/flight.log
show map demo/flight.log demo/map.png --field demo/job.job --time-zone America/Chicago
show map demo/flight.log demo/map.html --field demo/job.job --time-zone America/Chicago
show plot demo/flight.log demo/plot.png --time-zone America/Chicago
show export demo/flight.log demo/flight.kmz --field demo/job.job --geometry pass --geometry coverage
for kind in pdf html; do
    show report demo/flight.log "demo/report.$kind" --job demo/job.job --record demo/record.yaml
done

pipeline=${VENV:-.venv}/bin/partner-pipeline
printf '\n$ partner-pipeline demo --folder demo/pipeline\n'
"$pipeline" demo --folder demo/pipeline

cat <<END

In demo/ are now the log of a flight and the job it flew, and of them
  tables/      every table, in Parquet, and the damage report
  map.png      the map; map.html is the same to zoom and pan, without a network
  plot.png     speed, flow, rate, wind and distance off the line over time
  flight.kmz   passes and coverage for Google Earth
  report.pdf   the work record; report.html is the same as a page
  pipeline/    what the pipeline stored of three jobs that it had flown
Next: satlog -h, README.md, docs/layouts.md. The commands are $satlog and $pipeline

The pages: they are served until Ctrl-C, with a partner and workers at work, by
  $pipeline demo --folder demo/pipeline --overwrite --serve
Open http://127.0.0.1:8000 and log in as demo, password only-in-the-demo: that works only there.
END
