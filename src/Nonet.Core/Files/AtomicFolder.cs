namespace Nonet.Files;

/// <summary>
/// Writes a folder so that its name always stands for a whole one: into name.tmp, every file flushed to the disk, then renamed. If
/// anything fails, name.tmp is removed and an older folder of that name stays as it was.
/// </summary>
public static class AtomicFolder
{
    /// <param name="path">Where the folder will be.</param>
    /// <param name="fill">Writes the files into the folder whose path it is given.</param>
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
                Remove(temporary); // the old one now
                return;
            }
            if (Directory.Exists(path))
                Directory.Move(path, replaced); // a folder cannot be renamed over another: until the next line the old one is name.old
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
