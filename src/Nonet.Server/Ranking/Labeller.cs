namespace Nonet.Server.Ranking;

/// <summary>A person who ranks answers.</summary>
/// <param name="Id">Random id.</param>
/// <param name="Name">Name that the owner gave.</param>
/// <param name="Expires">When the invitation ends, in milliseconds since 1970.</param>
/// <param name="Revoked">Whether the owner has withdrawn the invitation.</param>
/// <param name="Invited">Whether there is a link; false if the name comes from an imported file.</param>
/// <param name="Browser">Digest of the secret of the browser that uses the link; null: none yet.</param>
sealed record Labeller(string Id, string Name, long Expires, bool Revoked, bool Invited, string? Browser)
{
    /// <summary>Reason for refusing the labeller; null: access is allowed.</summary>
    public string? Refusal(long now) => Revoked ? "The owner has withdrawn this invitation. Ask for a new link."
        : !Invited ? "There is no invitation for this name. Ask for a link."
        : Expires <= now ? "This invitation has expired. Ask for a new link." : null;
}
