using System.Text.RegularExpressions;

namespace Nonet.Checkpoints.Hub;

/// <summary>A model's name on a hub: owner/name, or owner/name@revision.</summary>
/// <param name="Owner">Who keeps it.</param>
/// <param name="Name">What it is called.</param>
/// <param name="Revision">Branch, tag or commit.</param>
public sealed partial record HubName(string Owner, string Name, string Revision = HubName.Main)
{
    internal const string Main = "main";

    public string Repository => $"{Owner}/{Name}";

    /// <summary>The name that a text is; null where it is none.</summary>
    public static HubName? TryParse(string text)
    {
        var match = Pattern().Match(text);
        if (!match.Success)
            return null;
        var (owner, name, revision) = (match.Groups[1].Value, match.Groups[2].Value, match.Groups[3] is { Success: true } r ? r.Value : Main);
        return owner is "." or ".." || name is "." or ".." || revision.Split('/').Any(part => part is "" or "." or "..") ? null : new HubName(owner, name, revision);
    }

    /// <summary>The name that a text is. Throws a <see cref="HubException"/> where it is none.</summary>
    public static HubName Parse(string text) => TryParse(text)
        ?? throw new HubException($"'{text}' is no name of a model; expected owner/name or owner/name@revision");

    public override string ToString() => Revision == Main ? Repository : $"{Repository}@{Revision}";

    [GeneratedRegex(@"^([A-Za-z0-9._-]{1,96})/([A-Za-z0-9._-]{1,96})(?:@([A-Za-z0-9._/-]{1,200}))?$", RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();
}
