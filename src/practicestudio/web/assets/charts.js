// Charts from figures in data attributes, in the colours of the page, drawn anew when those change.
"use strict";
(() => {
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--tblr-${name}`).trim() || name;
  const palette = ["blue", "green", "orange", "purple", "teal", "red", "yellow", "pink"];
  const isTime = (x) => /^\d{4}-\d\d-\d\dT/.test(x);
  const short = (x) => (isTime(x) ? x.slice(5, 10) + " " + x.slice(11, 16) : x);

  const option = (element) => {
    const kind = element.dataset.chart;
    const data = JSON.parse(element.dataset.chartData);
    const spark = kind === "spark";
    const text = colour("body-color");
    const series = data.series.map((one, index) => ({
      name: one.name,
      type: kind === "lines" || spark ? "line" : "bar",
      stack: kind === "stack" ? "all" : undefined,
      data: one.values,
      smooth: false,
      showSymbol: false,
      barMaxWidth: 28,
      lineStyle: { width: spark ? 1.5 : 2, type: one.dashed ? "dashed" : "solid" },
      areaStyle: (spark || kind === "lines") && !one.dashed ? { opacity: 0.12 } : undefined,
      itemStyle: { color: colour(one.colour || palette[index % palette.length]) },
      markLine: index === 0 && data.limit ? { silent: true, symbol: "none", lineStyle: { color: colour("red"), type: "dashed" }, label: { color: text, formatter: "limit", position: "insideEndTop" }, data: [{ yAxis: data.limit }] } : undefined,
    }));
    const quiet = { show: false };
    return {
      animation: false,
      textStyle: { fontFamily: "inherit", color: text },
      grid: spark ? { left: 0, right: 0, top: 2, bottom: 2 } : { left: 8, right: 16, top: data.series.length > 1 ? 36 : 16, bottom: 8, containLabel: true },
      legend: spark || data.series.length < 2 ? undefined : { top: 0, left: 0, textStyle: { color: text }, icon: "roundRect", itemWidth: 10, itemHeight: 10 },
      tooltip: spark ? undefined : { trigger: "axis", renderMode: "richText", axisPointer: { type: "shadow" }, backgroundColor: colour("bg-surface"), borderColor: colour("border-color"), textStyle: { color: text }, valueFormatter: (value) => `${Number(value ?? 0).toLocaleString("en-US")} ${data.unit || ""}` },
      xAxis: { type: "category", data: data.x.map(short), show: !spark, boundaryGap: kind !== "lines" && !spark, axisLine: { lineStyle: { color: colour("border-color") } }, axisTick: quiet, axisLabel: { color: text, hideOverlap: true } },
      yAxis: { type: "value", show: !spark, max: data.max, minInterval: data.fraction ? undefined : 1, splitLine: { lineStyle: { color: colour("border-color") } }, axisLabel: { color: text } },
      series,
    };
  };

  const drawn = new Set();
  const draw = (element) => {
    const known = window.echarts.getInstanceByDom(element);
    const chart = known || window.echarts.init(element, null, { renderer: "svg" });
    chart.setOption(option(element), true);
    if (known) return;
    drawn.add(element);
    new ResizeObserver(() => chart.resize()).observe(element);
    const href = element.dataset.chartHref;
    if (href) {
      chart.on("click", (event) => {
        const data = JSON.parse(element.dataset.chartData);
        const x = (data.keys || data.x)[event.dataIndex];
        window.location.assign(href.replace("{x}", encodeURIComponent(x)).replace("{name}", encodeURIComponent(event.seriesName)));
      });
    }
  };

  window.drawCharts = (scope) => {
    const all = [...scope.querySelectorAll("[data-chart]")];
    if (scope.matches?.("[data-chart]")) all.push(scope);
    all.forEach(draw);
    for (const element of drawn) {
      if (!element.isConnected) { window.echarts.getInstanceByDom(element)?.dispose(); drawn.delete(element); }
    }
  };
  document.addEventListener("themechange", () => drawn.forEach((element) => element.isConnected && draw(element)));
})();
