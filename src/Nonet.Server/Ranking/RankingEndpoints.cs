using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Nonet.Server.Ranking.Store;

namespace Nonet.Server.Ranking;

/// <summary>Handles the pages and requests of labellers and of the owner.</summary>
sealed class RankingEndpoints(RankingStore store, RankingServerOptions options, TaskPreparation tasks, string ownerDigest)
{
    const string LabellerCookie = "nonet-labeller", OwnerCookie = "nonet-owner";
    const int MostDays = 3650;

    readonly OwnerView owner = new(store, options, tasks);

    /// <summary>Address at which browsers reach the server.</summary>
    public Uri Url { get; set; } = new("http://localhost");

    public void Map(WebApplication app)
    {
        app.Use(Guarded);
        Pages.Map(app);
        app.MapGet("/api/task", (RequestDelegate)(http => AsLabeller(http, NextTask)));
        app.MapPost("/api/task/{id}", (RequestDelegate)(http => AsLabeller(http, SaveTask)));
        app.MapPost("/api/undo", (RequestDelegate)(http => AsLabeller(http, Undo)));
        app.MapPost("/api/join", (RequestDelegate)Join);
        app.MapPost("/api/owner/join", (RequestDelegate)JoinAsOwner);
        app.MapGet("/api/owner/state", (RequestDelegate)(http => AsOwner(http, async () =>
            await Reply(http, await owner.State().ConfigureAwait(false), RankingJson.Default.OwnerReply).ConfigureAwait(false))));
        app.MapPost("/api/owner/invite", (RequestDelegate)(http => AsOwner(http, () => Invite(http))));
        app.MapPost("/api/owner/revoke", (RequestDelegate)(http => AsOwner(http, () => Change(http, store.Revoke))));
        app.MapPost("/api/owner/allow", (RequestDelegate)(http => AsOwner(http, () => Change(http, store.AllowBrowser))));
    }

    /// <summary>Sets the headers of all replies, refuses requests from other sites, and turns failures into replies.</summary>
    async Task Guarded(HttpContext http, RequestDelegate next)
    {
        Pages.SetHeaders(http.Response.Headers);
        try
        {
            if (!HttpMethods.IsGet(http.Request.Method) && !HttpMethods.IsHead(http.Request.Method))
                RefuseOtherSites(http.Request);
            await next(http).ConfigureAwait(false);
        }
        catch (RefusedException e)
        {
            await Fail(http, e.Status, e.Message).ConfigureAwait(false);
        }
        catch (JsonException e)
        {
            await Fail(http, StatusCodes.Status400BadRequest, $"The request is malformed: {e.Message}").ConfigureAwait(false);
        }
        catch (BadHttpRequestException e)
        {
            await Fail(http, e.StatusCode, e.Message).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // the client is gone, so nobody reads a reply
        }
        catch (Exception e) when (DatabaseFault.Is(e))
        {
            options.Log?.Invoke(DatabaseFault.Describe(e, store.Place));
            await Fail(http, StatusCodes.Status503ServiceUnavailable, "The database cannot be reached now. Nothing is lost: the page tries again.")
                .ConfigureAwait(false);
        }
        catch (Exception e)
        {
            options.Log?.Invoke($"{http.Request.Method} {http.Request.Path}: {e}");
            await Fail(http, StatusCodes.Status500InternalServerError, "The server has failed. Its operator sees why.").ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Refuses requests from other sites. Browsers send the cookies with requests of the same site only. In addition, if the browser states where a
    /// request comes from, that must be this server.
    /// </summary>
    void RefuseOtherSites(HttpRequest request)
    {
        var site = request.Headers["Sec-Fetch-Site"].ToString();
        var origin = request.Headers.Origin.ToString();
        var here = site.Length > 0 ? site is "same-origin" or "none"
            : origin.Length == 0 || Uri.TryCreate(origin, UriKind.Absolute, out var from)
            && (from.Authority == request.Host.Value || from.Authority == Url.Authority);
        if (!here)
            throw new RefusedException(403, "This request comes from another site.");
        if (!request.HasJsonContentType())
            throw new RefusedException(415, "Expected a request of the type application/json.");
    }

    async Task NextTask(HttpContext http, Labeller labeller)
    {
        var preparing = !tasks.IsComplete; // before the look: the last task may be added after it, and the labeller must come back for it
        var next = await store.Next(labeller.Id, options.Overlap, http.RequestAborted).ConfigureAwait(false);
        await ReplyTask(http, labeller, next, preparing).ConfigureAwait(false);
    }

    async Task SaveTask(HttpContext http, Labeller labeller)
    {
        var task = (string)http.Request.RouteValues["id"]!;
        var save = await Body(http, RankingJson.Default.SaveRequest).ConfigureAwait(false);
        CheckSubmission(save.Submission);
        var state = save.State switch
        {
            "draft" => JudgementState.Draft,
            "done" => JudgementState.Done,
            "skipped" => JudgementState.Skipped,
            _ => throw new RefusedException(400, "The state is malformed; expected draft, done or skipped."),
        };
        var shown = new Judgement { Ranks = save.Ranks, Scores = save.Scores, Flags = save.Flags };
        if (shown.Fault(save.Ranks.Length) is { } fault)
            throw new RefusedException(400, fault);
        var judgement = shown.Reordered(BlindOrder.Of(options.Seed, task, labeller.Id, save.Ranks.Length));
        var revision = await store.Save(labeller.Id, task, new JudgementSave(save.Submission, save.Revision, state, judgement), http.RequestAborted)
            .ConfigureAwait(false);
        await Reply(http, new SavedReply(revision), RankingJson.Default.SavedReply).ConfigureAwait(false);
    }

    async Task Undo(HttpContext http, Labeller labeller)
    {
        var undo = await Body(http, RankingJson.Default.UndoRequest).ConfigureAwait(false);
        CheckSubmission(undo.Submission);
        var opened = await store.Reopen(labeller.Id, undo.Submission, http.RequestAborted).ConfigureAwait(false)
            ?? throw new RefusedException(404, "There is no task before this one.");
        await ReplyTask(http, labeller, opened, !tasks.IsComplete).ConfigureAwait(false);
    }

    async Task ReplyTask(HttpContext http, Labeller labeller, Assignment? assignment, bool preparing)
    {
        TaskOnPage? page = null;
        if (assignment is { Task: var task })
        {
            var order = BlindOrder.Of(options.Seed, task.Id, labeller.Id, task.Answers.Count);
            var judgement = assignment.Judgement;
            page = new TaskOnPage(task.Id, task.Prompt, [.. order.Select(i => task.Answers[i].Text)], [.. order.Select(i => judgement.Ranks[i])],
                [.. order.Select(i => judgement.Scores[i])], [.. order.Select(i => judgement.Flags[i])], assignment.Revision);
        }
        var done = await store.DoneBy(labeller.Id, http.RequestAborted).ConfigureAwait(false);
        await Reply(http, new TaskReply(labeller.Name, done, preparing, page, RankingFlag.All), RankingJson.Default.TaskReply).ConfigureAwait(false);
    }

    async Task Join(HttpContext http)
    {
        var token = (await Body(http, RankingJson.Default.JoinRequest).ConfigureAwait(false)).Token;
        var secret = await store.Join(token, http.Request.Cookies[LabellerCookie], http.RequestAborted).ConfigureAwait(false);
        http.Response.Cookies.Append(LabellerCookie, secret, CookieOf(TimeSpan.FromDays(365)));
        http.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    async Task JoinAsOwner(HttpContext http)
    {
        var token = (await Body(http, RankingJson.Default.JoinRequest).ConfigureAwait(false)).Token;
        if (!Secret.Matches(token, ownerDigest))
            throw new RefusedException(403, "This is not the owner's link. The program prints it when it starts, a new one each time.");
        http.Response.Cookies.Append(OwnerCookie, token, CookieOf(null));
        http.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    async Task Invite(HttpContext http)
    {
        var invite = await Body(http, RankingJson.Default.InviteRequest).ConfigureAwait(false);
        if (invite.Days is < 1 or > MostDays)
            throw new RefusedException(400, $"A link is valid for 1 to {MostDays} days.");
        var (_, token) = await store.Invite(invite.Name, TimeSpan.FromDays(invite.Days), http.RequestAborted).ConfigureAwait(false);
        await Reply(http, new LinkReply(new Uri(Url, $"join#{token}").ToString()), RankingJson.Default.LinkReply).ConfigureAwait(false);
    }

    static async Task Change(HttpContext http, Func<string, CancellationToken, Task> change)
    {
        await change((await Body(http, RankingJson.Default.LabellerRequest).ConfigureAwait(false)).Id, http.RequestAborted).ConfigureAwait(false);
        http.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    async Task AsLabeller(HttpContext http, Func<HttpContext, Labeller, Task> work)
    {
        var browser = http.Request.Cookies[LabellerCookie]
            ?? throw new RefusedException(403, "Open the link that you were given: it lets this browser in.");
        await work(http, await store.LabellerOfBrowser(browser, http.RequestAborted).ConfigureAwait(false)).ConfigureAwait(false);
    }

    Task AsOwner(HttpContext http, Func<Task> work) => http.Request.Cookies[OwnerCookie] is { } token && Secret.Matches(token, ownerDigest) ? work()
        : throw new RefusedException(403, "Open the owner's link that the program printed when it started.");

    /// <summary>Cookies that scripts cannot read, and that browsers do not send with requests from other sites.</summary>
    CookieOptions CookieOf(TimeSpan? age) => new()
    {
        HttpOnly = true,
        SameSite = SameSiteMode.Strict,
        Secure = Url.Scheme == Uri.UriSchemeHttps,
        MaxAge = age,
        Path = "/",
    };

    static void CheckSubmission(string id)
    {
        if (id.Length is < 8 or > 64 || !id.All(c => char.IsAsciiLetterOrDigit(c) || c == '-'))
            throw new RefusedException(400, "The submission's id is malformed; expected 8 to 64 letters, digits and hyphens.");
    }

    static async Task<T> Body<T>(HttpContext http, JsonTypeInfo<T> type) =>
        await JsonSerializer.DeserializeAsync(http.Request.Body, type, http.RequestAborted).ConfigureAwait(false) ?? throw new JsonException("null");

    static Task Reply<T>(HttpContext http, T reply, JsonTypeInfo<T> type)
    {
        http.Response.ContentType = "application/json; charset=utf-8";
        return http.Response.Body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(reply, type), http.RequestAborted).AsTask();
    }

    static async Task Fail(HttpContext http, int status, string message)
    {
        if (http.Response.HasStarted || http.RequestAborted.IsCancellationRequested)
            return;
        http.Response.Clear();
        Pages.SetHeaders(http.Response.Headers);
        http.Response.StatusCode = status;
        if (status == StatusCodes.Status503ServiceUnavailable)
            http.Response.Headers.RetryAfter = 2.ToString(CultureInfo.InvariantCulture);
        await Reply(http, new ErrorReply(message), RankingJson.Default.ErrorReply).ConfigureAwait(false);
    }
}
