namespace Nonet.Recipes.Runs;

/// <summary>The commit from which a run was started, read from the repository's files. git itself is not needed.</summary>
static class GitCommit
{
    /// <summary>Commit checked out in the repository that contains a folder; null if there is none.</summary>
    public static string? Of(string folder)
    {
        try
        {
            for (var at = new DirectoryInfo(folder); at is not null; at = at.Parent)
            {
                var git = Path.Combine(at.FullName, ".git");
                if (Directory.Exists(git))
                    return Head(git, git);
                if (File.Exists(git)) // a linked work tree: "gitdir: PATH", its refs are in the main repository
                {
                    var linked = Path.GetFullPath(File.ReadAllText(git).Trim()["gitdir: ".Length..], at.FullName);
                    return Head(linked, Path.GetFullPath(File.ReadAllText(Path.Combine(linked, "commondir")).Trim(), linked));
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // the commit only informs the reader of run.json: an unreadable repository leaves it out
        }
        return null;
    }

    static string? Head(string git, string common)
    {
        var head = File.ReadAllText(Path.Combine(git, "HEAD")).Trim();
        if (!head.StartsWith("ref: ", StringComparison.Ordinal))
            return head;
        var name = head["ref: ".Length..];
        var loose = Path.Combine(common, name);
        if (File.Exists(loose))
            return File.ReadAllText(loose).Trim();
        var packed = Path.Combine(common, "packed-refs");
        return !File.Exists(packed) ? null
            : File.ReadLines(packed).FirstOrDefault(line => line.EndsWith(" " + name, StringComparison.Ordinal))?.Split(' ')[0];
    }
}
