/*
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
 * in compliance with the License. You may obtain a copy of the License at
 *
 *     http://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software distributed under the License
 * is distributed on an "AS IS" BASIS, WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express
 * or implied. See the License for the specific language governing permissions and limitations under
 * the License.
 */
package dev.matryoshka.audit;

import dev.matryoshka.audit.AuditReport.AtK;
import java.util.List;
import java.util.Locale;

/**
 * A report as one page of HTML that needs nothing else: plots are SVG, colours follow the reader's
 * light or dark scheme. Stateless.
 */
public final class ReportPage {

  private static final String STYLE =
      """
      :root{color-scheme:light dark;--ink:#1d2430;--soft:#667085;--line:#d9dee7;--paper:#fff;\
      --card:#f7f8fa;--good:#2563eb;--bad:#d9480f;--area:#2563eb22}
      @media(prefers-color-scheme:dark){:root{--ink:#e6e9ef;--soft:#98a2b3;--line:#343b48;\
      --paper:#14181f;--card:#1c222c;--good:#7aa7ff;--bad:#ff9259;--area:#7aa7ff22}}
      body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);\
      max-width:60rem;margin:2rem auto;padding:0 1.2rem}
      h1{font-size:1.5rem;margin:0}h2{font-size:1.25rem;margin:2.5rem 0 .8rem}
      h3{font-size:.95rem;margin:0 0 .3rem}p.soft,.soft{color:var(--soft)}
      .tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(8rem,1fr));gap:.7rem}
      .tile{background:var(--card);border:1px solid var(--line);border-radius:.5rem;\
      padding:.7rem .9rem}
      .tile b{display:block;font-size:1.45rem;line-height:1.2}
      .plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(26rem,1fr));gap:1rem;\
      margin:1rem 0}
      @media(max-width:40rem){.plots{grid-template-columns:1fr}}
      figure{margin:0 0 1rem;background:var(--card);border:1px solid var(--line);border-radius:.5rem;\
      padding:.8rem;overflow-x:auto}
      .plots figure{margin:0}
      svg{width:100%;height:auto;display:block}
      svg text{font:12px system-ui,sans-serif;fill:var(--soft)}svg text.strong{fill:var(--ink)}
      table{border-collapse:collapse;width:100%;font-size:.9rem}
      th,td{text-align:right;padding:.25rem .5rem;border-bottom:1px solid var(--line)}
      td{white-space:nowrap}th:first-child,td:first-child{text-align:left}th{font-weight:600;color:var(--soft)}
      .finding{border-left:4px solid var(--bad);background:var(--card);padding:.5rem .9rem;\
      margin:.5rem 0}
      """;

  private ReportPage() {}

  /**
   * Renders a report.
   *
   * @param indices what was audited, as the user named it
   */
  public static String render(AuditReport report, String indices, String field) {
    StringBuilder page = new StringBuilder();
    page.append("<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">");
    page.append("<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">");
    page.append("<title>Recall of ").append(escape(field)).append("</title><style>");
    page.append(STYLE).append("</style></head><body>");
    page.append("<h1>Recall of <code>").append(escape(field)).append("</code></h1>");
    page.append("<p class=\"soft\">")
        .append(escape(indices))
        .append(" · ")
        .append(report.queries())
        .append(" queries over ")
        .append(String.format(Locale.ROOT, "%,d", report.documents()))
        .append(" documents, compared with exact search</p>");
    for (AtK result : report.results()) {
      section(page, result);
    }
    return page.append("</body></html>").toString();
  }

  private static void section(StringBuilder page, AtK result) {
    page.append("<h2>Top ").append(result.k()).append("</h2><div class=\"tiles\">");
    tile(page, share(result.recall().mean()), "mean recall");
    tile(page, share(result.recall().p5()), "5th percentile");
    tile(page, percent(result.perfect()), "queries miss nothing");
    tile(page, percent(result.belowHalf()), "queries below one half");
    if (result.labels() != null) {
      tile(
          page, share(result.labels().ndcg()), "nDCG, exact " + share(result.labels().exactNdcg()));
      tile(
          page,
          share(result.labels().recall()),
          "of the relevant, exact " + share(result.labels().exactRecall()));
    }
    page.append("</div>");
    for (String finding : result.findings()) {
      page.append("<p class=\"finding\">").append(escape(finding)).append("</p>");
    }
    page.append("<div class=\"plots\">");
    figure(page, "Recall by what the first stage keeps", ReportPlots.curve(result));
    figure(page, "What the stages keep and lose", ReportPlots.funnel(result));
    figure(page, "Recall by rank correlation ρ of the first stage", ReportPlots.bins(result));
    figure(page, "What a recall would take", targets(result));
    page.append("</div>");
    if (result.worst().isEmpty() == false) {
      figure(page, "Worst queries", worst(result.worst()));
    }
    if (result.shards().size() > 1) {
      figure(page, "Shards, each by its own top " + result.k(), shards(result.shards()));
    }
  }

  private static void tile(StringBuilder page, String value, String name) {
    page.append("<div class=\"tile\"><b>")
        .append(value)
        .append("</b><span class=\"soft\">")
        .append(name)
        .append("</span></div>");
  }

  private static void figure(StringBuilder page, String title, String content) {
    page.append("<figure><h3>").append(title).append("</h3>").append(content).append("</figure>");
  }

  private static String targets(AtK result) {
    StringBuilder table =
        new StringBuilder("<table><tr><th>recall</th><th>k1 in each shard</th>")
            .append("<th>documents scored after it</th></tr>");
    for (AuditReport.Target target : result.targets()) {
      row(table, "" + target.recall(), "" + target.k1(), "" + target.scored());
    }
    return table.append("</table>").toString();
  }

  private static String worst(List<QueryResult> queries) {
    StringBuilder table =
        new StringBuilder("<table><tr><th>query</th><th>recall</th><th>missed</th><th>ρ</th>")
            .append("<th>lost in</th></tr>");
    for (QueryResult query : queries) {
      row(
          table,
          query.id(),
          share(query.recall()),
          "" + (query.expected() - query.found()),
          share(query.rankCorrelation()),
          String.join(", ", query.lost().keySet()));
    }
    return table.append("</table>").toString();
  }

  private static String shards(List<AuditReport.ShardReport> shards) {
    StringBuilder table =
        new StringBuilder("<table><tr><th>shard</th><th>documents</th><th>recall</th>")
            .append("<th>5th percentile</th><th>ρ</th></tr>");
    for (AuditReport.ShardReport shard : shards) {
      row(
          table,
          shard.index() + " [" + shard.shard() + "]",
          "" + shard.documents(),
          share(shard.recall().mean()),
          share(shard.recall().p5()),
          share(shard.rankCorrelation().mean()));
    }
    return table.append("</table>").toString();
  }

  private static void row(StringBuilder table, String... cells) {
    table.append("<tr>");
    for (String cell : cells) {
      table.append("<td>").append(escape(cell)).append("</td>");
    }
    table.append("</tr>");
  }

  static String share(double share) {
    return Double.isNaN(share) ? "–" : String.format(Locale.ROOT, "%.3f", share);
  }

  static String percent(double share) {
    return Double.isNaN(share) ? "–" : String.format(Locale.ROOT, "%.1f %%", 100 * share);
  }

  /** Ids and names come from users. */
  static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }
}
