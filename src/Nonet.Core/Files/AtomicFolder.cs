namespace Nonet.Files;

/// <summary>
/// Writes a folder completely or not at all: to name.tmp, every file flushed to the disk, then renamed. If anything fails, name.tmp is
/// removed and an older folder of that name is unchanged.
/// </summary>
public static class AtomicFolder
{
    /// <summary>Writes a folder.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="fill">Writes the files into the folder with the given path.</param>
    public static void Write(string path, Action<string> fill)
    {
        path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        var temporary = path + AtomicFile.Suffix;
        var replaced = path + ".old";
        Remove(temporary); // left by a process that was killed
        try
        {
            Directory.CreateDirectory(temporary);
            fill(temporary);
            foreach (var file in Directory.EnumerateFiles(temporary, "*", SearchOption.AllDirectories))
            {
                using var handle = File.OpenHandle(file, FileMode.Open, FileAccess.ReadWrite);
                RandomAccess.FlushToDisk(handle);
            }
            Remove(replaced);
            if (Directory.Exists(path) && FolderExchange.Try(temporary, path))
            {
                Remove(temporary); // now the old folder
                return;
            }
            if (Directory.Exists(path))
                Directory.Move(path, replaced); // a folder cannot replace another: until the next line the old folder is called name.old
            Directory.Move(temporary, path);
            Remove(replaced);
        }
        catch (Exception e)
        {
            if (!Directory.Exists(path) && Directory.Exists(replaced))
                Directory.Move(replaced, path);
            Remove(temporary);
            if (AtomicFile.IsTooLarge(e))
                throw AtomicFile.TooLarge(path, e);
            throw;
        }
    }

    static void Remove(string folder)
    {
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
    }
}
