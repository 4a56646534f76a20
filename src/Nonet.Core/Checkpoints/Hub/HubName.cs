using System.Text.RegularExpressions;

namespace Nonet.Checkpoints.Hub;

/// <summary>Name of a model on a hub: owner/name, or owner/name@revision.</summary>
/// <param name="Owner">User or organisation.</param>
/// <param name="Name">Name of the model.</param>
/// <param name="Revision">Branch, tag or commit.</param>
public sealed partial record HubName(string Owner, string Name, string Revision = HubName.Main)
{
    internal const string Main = "main";

    /// <summary>owner/name, without the revision.</summary>
    public string Repository => $"{Owner}/{Name}";

    /// <summary>Parses owner/name[@revision]; null if the text is not a valid name.</summary>
    public static HubName? TryParse(string text)
    {
        var match = Pattern().Match(text);
        if (!match.Success)
            return null;
        var (owner, name, revision) = (match.Groups[1].Value, match.Groups[2].Value, match.Groups[3] is { Success: true } r ? r.Value : Main);
        return owner is "." or ".." || name is "." or ".." || revision.Split('/').Any(part => part is "" or "." or "..") ? null
            : new HubName(owner, name, revision);
    }

    /// <summary>Parses owner/name[@revision]. Throws a <see cref="HubException"/> if the text is not a valid name.</summary>
    public static HubName Parse(string text) => TryParse(text)
        ?? throw new HubException($"'{text}' is not the name of a model; expected owner/name or owner/name@revision");

    /// <summary>owner/name, with @revision unless it is the main branch.</summary>
    public override string ToString() => Revision == Main ? Repository : $"{Repository}@{Revision}";

    [GeneratedRegex(@"^([A-Za-z0-9._-]{1,96})/([A-Za-z0-9._-]{1,96})(?:@([A-Za-z0-9._/-]{1,200}))?$", RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();
}
