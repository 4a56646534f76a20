namespace Nonet.Server.Ranking.Store;

/// <summary>Invitations: links with a token. The store keeps only the token's digest.</summary>
public sealed partial class RankingStore
{
    const int LongestName = 100;

    /// <summary>Invites a labeller, or gives a labeller a new link. The old link, and the browser that used it, lose access.</summary>
    /// <returns>The labeller's id, and the token of the link. The token cannot be read again.</returns>
    /// <exception cref="RefusedException">The name cannot be used.</exception>
    internal async Task<(string Id, string Token)> Invite(string name, TimeSpan valid, CancellationToken stopping = default)
    {
        CheckName(name);
        var (token, expires) = (Secret.Create(), Now + (long)valid.TotalMilliseconds);
        var id = await Write(async sql =>
        {
            var id = await IdOf(sql, name).ConfigureAwait(false);
            await sql.Run("UPDATE nonet_labellers SET token = @token, expires = @expires, revoked = 0, browser = NULL WHERE id = @id",
                ("token", Secret.Digest(token)), ("expires", expires), ("id", id)).ConfigureAwait(false);
            return id;
        }, stopping).ConfigureAwait(false);
        return (id, token);
    }

    /// <summary>Withdraws an invitation.</summary>
    internal Task Revoke(string id, CancellationToken stopping = default) =>
        Change("UPDATE nonet_labellers SET revoked = 1 WHERE id = @id", id, stopping);

    /// <summary>Lets the next browser that opens the link replace the one that used it.</summary>
    internal Task AllowBrowser(string id, CancellationToken stopping = default) =>
        Change("UPDATE nonet_labellers SET browser = NULL WHERE id = @id", id, stopping);

    /// <summary>Admits a browser by the token of a link. The link then works in this browser only.</summary>
    /// <param name="token">The token.</param>
    /// <param name="browser">Secret that the browser has from an earlier visit; null: none.</param>
    /// <param name="stopping">Cancels the work.</param>
    /// <returns>The secret that the browser must keep.</returns>
    /// <exception cref="RefusedException">The token is unknown, has expired or was withdrawn, or another browser uses it.</exception>
    internal Task<string> Join(string token, string? browser, CancellationToken stopping = default) => Write(async sql =>
    {
        var labeller = await sql.First(LabellerOf, $"SELECT {LabellerColumns} FROM nonet_labellers WHERE token = @token", ("token", Secret.Digest(token)))
            .ConfigureAwait(false) ?? throw new RefusedException(403, "This link is not valid. Check that it is complete, or ask for a new one.");
        if (labeller.Refusal(Now) is { } refusal)
            throw new RefusedException(403, refusal);
        if (browser is not null && labeller.Browser is not null && Secret.Matches(browser, labeller.Browser))
            return browser;
        if (labeller.Browser is not null)
            throw new RefusedException(403, "This link was used in another browser already. Continue there, or ask the owner to allow another browser.");
        var secret = Secret.Create();
        await sql.Run("UPDATE nonet_labellers SET browser = @browser WHERE id = @id", ("browser", Secret.Digest(secret)), ("id", labeller.Id))
            .ConfigureAwait(false);
        return secret;
    }, stopping);

    /// <summary>The labeller whose browser has a secret.</summary>
    /// <exception cref="RefusedException">No labeller's browser has it, or the invitation has ended.</exception>
    internal async Task<Labeller> LabellerOfBrowser(string browser, CancellationToken stopping = default)
    {
        var labeller = await Read(sql => sql.First(LabellerOf, $"SELECT {LabellerColumns} FROM nonet_labellers WHERE browser = @browser",
            ("browser", Secret.Digest(browser))), stopping).ConfigureAwait(false)
            ?? throw new RefusedException(403, "This browser has no access any more. Open your link again, or ask the owner for a new one.");
        return labeller.Refusal(Now) is { } refusal ? throw new RefusedException(403, refusal) : labeller;
    }

    async Task Change(string statement, string id, CancellationToken stopping)
    {
        if (await Write(sql => sql.Run(statement, ("id", id)), stopping).ConfigureAwait(false) == 0)
            throw new RefusedException(404, "There is no such labeller.");
    }

    /// <summary>Id of the labeller with the given name, who is added if unknown.</summary>
    static async Task<string> IdOf(Sql sql, string name)
    {
        if (await sql.First(row => row.GetString(0), "SELECT id FROM nonet_labellers WHERE name = @name", ("name", name)).ConfigureAwait(false) is { } known)
            return known;
        var id = Guid.NewGuid().ToString("N");
        await sql.Run("INSERT INTO nonet_labellers (id, name, expires) VALUES (@id, @name, 0)", ("id", id), ("name", name)).ConfigureAwait(false);
        return id;
    }

    static void CheckName(string name)
    {
        if (NameFault(name) is { } expected)
            throw new RefusedException(400, $"The name of a labeller is malformed; expected {expected}.");
    }

    /// <summary>Describes what a name must be; null if the name is valid.</summary>
    static string? NameFault(string name) => name.Length is 0 or > LongestName || name.Any(char.IsControl) || name != name.Trim()
        ? $"1 to {LongestName} characters, no control characters, and no space at the ends" : null;
}
