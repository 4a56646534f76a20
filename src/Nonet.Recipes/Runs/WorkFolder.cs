namespace Nonet.Recipes.Runs;

/// <summary>The folders of work with many parts, such as a sweep or an annotation. Each folder contains the recipe as run.</summary>
/// <param name="Kind">Name of the work in messages.</param>
/// <param name="RecipeFile">File with the recipe as run, by which a folder is recognised.</param>
/// <param name="ResultFile">The file that is written last.</param>
/// <param name="Parts">Folders of the parts.</param>
sealed record WorkFolder(string Kind, string RecipeFile, string ResultFile, params string[] Parts)
{
    public bool Is(string folder) => File.Exists(Path.Combine(folder, RecipeFile));

    /// <summary>
    /// The folder to resume among NAME, NAME-2, NAME-3, …: the newest without a result, otherwise the newest. The path itself if none exists.
    /// </summary>
    public string NewestUnfinished(string path)
    {
        string[] folders = [.. RunFolder.Numbered(path).Where(Is)];
        return Array.FindLast(folders, f => !File.Exists(Path.Combine(f, ResultFile))) ?? folders.LastOrDefault() ?? path;
    }

    /// <summary>
    /// Runs work in a folder that no other process uses. If it fails before any part exists, a new folder is deleted; in an older folder, only the recipe is
    /// deleted. The same command can then be repeated.
    /// </summary>
    /// <param name="name">Name of the recipe.</param>
    /// <param name="folder">Null: the first of runs/NAME, runs/NAME-2, -3, … that does not exist, or runs/NAME to resume.</param>
    /// <param name="resume">Whether the folder must exist already; otherwise it must not.</param>
    /// <param name="work">The work, which receives the folder.</param>
    public T Run<T>(string name, string? folder, bool resume, Func<string, T> work)
    {
        var path = Path.Combine("runs", name);
        folder ??= resume ? path : RunFolder.Free(path);
        Refuse(folder, resume);
        var isNew = !Directory.Exists(folder);
        using var held = RunLock.Take(folder);
        Refuse(folder, resume);
        try
        {
            return work(folder);
        }
        catch when (!resume && !PartsIn(folder).Any())
        {
            if (isNew)
                Directory.Delete(folder, recursive: true);
            else
                File.Delete(Path.Combine(folder, RecipeFile));
            throw;
        }
    }

    IEnumerable<string> PartsIn(string folder) => Parts.Select(part => Path.Combine(folder, part)).Where(Directory.Exists);

    /// <summary>Whether a folder was left by work that ended before the first step of its first part.</summary>
    bool IsUnbegun(string folder) => PartsIn(folder).Any() && PartsIn(folder).SelectMany(Directory.GetFileSystemEntries).All(RunFolder.IsUnbegun);

    void Refuse(string folder, bool resume)
    {
        if (resume && !Is(folder))
            throw new RunFolderException(
                $"{Path.GetFullPath(folder)}: found no {RecipeFile}, so there is no {Kind} to resume; give its folder with --out, or start a new one");
        if (resume)
            return;
        RunFolder.RefuseTaken(folder);
        if (Is(folder) && !IsUnbegun(folder))
            throw new RunFolderException(
                $"{Path.GetFullPath(folder)} contains the {RecipeFile} of another {Kind}; resume it, choose another folder, or delete it");
    }
}
