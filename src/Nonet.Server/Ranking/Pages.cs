using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Nonet.Server.Ranking;

/// <summary>Pages, scripts and styles, embedded in the assembly.</summary>
static class Pages
{
    /// <summary>
    /// Allows scripts, styles and requests of this server only: a script in a prompt or an answer would not run even if it became part of a page.
    /// </summary>
    const string Policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "
        + "frame-ancestors 'none'; require-trusted-types-for 'script'";

    static readonly (string Path, string File, string Type)[] files =
    [
        ("/", "labeller.html", "text/html"), ("/join", "join.html", "text/html"), ("/owner", "owner.html", "text/html"),
        ("/owner/join", "join.html", "text/html"), ("/rank.css", "rank.css", "text/css"), ("/requests.js", "requests.js", "text/javascript"),
        ("/join.js", "join.js", "text/javascript"), ("/places.js", "places.js", "text/javascript"), ("/saver.js", "saver.js", "text/javascript"),
        ("/drag.js", "drag.js", "text/javascript"), ("/labeller.js", "labeller.js", "text/javascript"),
        ("/owner.js", "owner.js", "text/javascript"), ("/favicon.svg", "favicon.svg", "image/svg+xml"),
    ];

    public static void Map(WebApplication app)
    {
        foreach (var (path, file, type) in files)
        {
            var content = Read(file);
            app.MapGet(path, (RequestDelegate)(http =>
            {
                http.Response.ContentType = $"{type}; charset=utf-8";
                return http.Response.Body.WriteAsync(content, http.RequestAborted).AsTask();
            }));
        }
    }

    public static void SetHeaders(IHeaderDictionary headers)
    {
        headers.ContentSecurityPolicy = Policy;
        headers["Referrer-Policy"] = "no-referrer";
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers.CacheControl = "no-store";
    }

    static byte[] Read(string file)
    {
        using var stream = typeof(Pages).Assembly.GetManifestResourceStream($"Nonet.Server.Ranking.Pages.{file}")!;
        var content = new byte[stream.Length];
        stream.ReadExactly(content);
        return content;
    }
}
