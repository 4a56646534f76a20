using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Nonet.Files;

namespace Nonet.Checkpoints.Hub;

/// <summary>How far a pull is.</summary>
/// <param name="Files">Files that are there, of those wanted.</param>
/// <param name="AllFiles">Files wanted.</param>
/// <param name="Bytes">Bytes that are there.</param>
/// <param name="AllBytes">Bytes wanted, as far as the hub told.</param>
/// <param name="Downloaded">Bytes that came over the network so far.</param>
public readonly record struct HubProgress(int Files, int AllFiles, long Bytes, long AllBytes, long Downloaded);

/// <summary>A model that has been pulled.</summary>
/// <param name="Folder">Where it is: open it as a model.</param>
/// <param name="Commit">Of the revision asked for.</param>
/// <param name="Files">Its files.</param>
/// <param name="Bytes">Of all of them.</param>
/// <param name="Downloaded">Bytes that came over the network.</param>
public sealed record PulledModel(string Folder, string Commit, IReadOnlyList<string> Files, long Bytes, long Downloaded);

/// <summary>Brings models from a hub (Hugging Face's protocol) into the local cache: checked, resumed where it was cut off, nothing twice.</summary>
public sealed class HubClient(HubOptions options) : IDisposable
{
    const string Incomplete = ".incomplete";
    readonly HubRequest request = new(options);

    /// <summary>The folder of a model that is in the cache; null where it is not. Uses no network.</summary>
    public static string? Find(HubName name, HubOptions options) => new HubCache(options.Cache, name).Find();

    /// <summary>Brings what is missing. Cancelling keeps what has come.</summary>
    /// <exception cref="HubException">It could not be brought; says why and what to do.</exception>
    public async Task<PulledModel> Pull(HubName name, HubSelection selection, IProgress<HubProgress>? progress = null, CancellationToken stopping = default)
    {
        var cache = new HubCache(options.Cache, name);
        if (options.Offline)
        {
            var found = cache.Find() ?? throw new HubException($"{name}: not in the cache {options.Cache}, and HF_HUB_OFFLINE or --offline forbids the network; pull it once without");
            var there = Directory.GetFiles(found, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).ToArray();
            return new PulledModel(found, Path.GetFileName(found), [.. there.Select(f => Path.GetRelativePath(found, f))], there.Sum(SizeOf), 0);
        }
        var listing = await List(name, stopping).ConfigureAwait(false);
        var files = selection.Choose(listing.Files);
        if (files.Count == 0)
            throw new HubException($"{name}: none of its {listing.Files.Count} files is one to pull; name some by --include: {string.Join(", ", listing.Files.Take(20).Select(f => f.Path))}");
        Directory.CreateDirectory(cache.Blobs);
        CheckSpace(name, cache, files);
        var tally = new Tally(files, progress);
        await Parallel.ForEachAsync(files, new ParallelOptions { MaxDegreeOfParallelism = options.Parallel, CancellationToken = stopping },
            async (file, token) => await Bring(name, cache, listing.Commit, file, tally, token).ConfigureAwait(false)).ConfigureAwait(false);
        cache.Remember(listing.Commit);
        var folder = cache.Snapshot(listing.Commit);
        return new PulledModel(folder, listing.Commit, [.. files.Select(f => f.Path)], files.Sum(f => SizeOf(Path.Combine(folder, f.Path))), tally.Downloaded);
    }

    async Task<HubListing> List(HubName name, CancellationToken stopping)
    {
        var uri = new Uri(options.Endpoint, $"/api/models/{name.Repository}/revision/{Uri.EscapeDataString(name.Revision)}?blobs=true");
        return await request.Patiently(name, async () =>
        {
            using var answer = await request.Get(uri, name, 0, stopping).ConfigureAwait(false);
            return HubListing.Parse(name, await request.Silent(answer.Content.ReadAsByteArrayAsync, stopping).ConfigureAwait(false));
        }, () => 0, stopping).ConfigureAwait(false);
    }

    /// <summary>One file into the cache and into the snapshot. Another process that brings the same is waited for.</summary>
    async Task Bring(HubName name, HubCache cache, string commit, HubFile file, Tally tally, CancellationToken stopping)
    {
        var sum = file.Sha256 ?? file.GitBlob ?? throw new HubException($"{name}: the hub names no checksum of '{file.Path}', so that what comes could not be trusted");
        var blob = Path.Combine(cache.Blobs, sum);
        Directory.CreateDirectory(Path.GetDirectoryName(cache.Lock(sum))!);
        FileStream? alone;
        while ((alone = FileLock.TryOpen(cache.Lock(sum))) is null)
            await Task.Delay(100, stopping).ConfigureAwait(false);
        await using (alone.ConfigureAwait(false))
        {
            if (!File.Exists(blob))
            {
                var part = blob + Incomplete;
                await request.Patiently(name, () => Download(name, commit, file, part, tally, stopping), () => SizeOf(part), stopping).ConfigureAwait(false);
                await Verify(name, file, part, stopping).ConfigureAwait(false);
                File.Move(part, blob);
            }
        }
        cache.Link(commit, file.Path, blob);
        tally.Finished(file);
    }

    /// <summary>Brings what is missing of a part. Ends only when the connection has given all.</summary>
    async Task<bool> Download(HubName name, string commit, HubFile file, string part, Tally tally, CancellationToken stopping)
    {
        var uri = new Uri(options.Endpoint, $"/{name.Repository}/resolve/{commit}/{string.Join('/', file.Path.Split('/').Select(Uri.EscapeDataString))}");
        var output = new FileStream(part, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read, 1 << 16);
        await using (output.ConfigureAwait(false))
        {
            var start = output.Length;
            if (start > file.Bytes)
                start = 0;
            if (start == file.Bytes && start > 0)
                return true;
            using var answer = await request.Get(uri, name, start, stopping).ConfigureAwait(false);
            if (answer.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable || (answer.StatusCode == HttpStatusCode.PartialContent && answer.Content.Headers.ContentRange?.From != start))
            {
                output.SetLength(0);
                throw new IOException($"'{file.Path}' has another length than the part that was kept");
            }
            if (answer.StatusCode != HttpStatusCode.PartialContent)
                start = 0; // the whole file, whatever was asked for
            output.SetLength(start);
            output.Seek(start, SeekOrigin.Begin);
            tally.Position(file, start);
            using var body = await answer.Content.ReadAsStreamAsync(stopping).ConfigureAwait(false);
            var buffer = new byte[1 << 16];
            while (await request.Silent(token => body.ReadAsync(buffer, token).AsTask(), stopping).ConfigureAwait(false) is > 0 and var read)
            {
                if (output.Position + read > file.Bytes)
                    throw new HubException($"{name}: '{file.Path}' is longer than the {file.Bytes} bytes that the hub tells");
                await output.WriteAsync(buffer.AsMemory(0, read), stopping).ConfigureAwait(false);
                tally.Came(file, read);
            }
            if (file.Bytes is { } whole && output.Position < whole)
                throw new IOException($"'{file.Path}' ended after {output.Position} of {whole} bytes");
            output.Flush(flushToDisk: true);
        }
        return true;
    }

    /// <summary>Refuses, and removes, what is not the file.</summary>
    static async Task Verify(HubName name, HubFile file, string part, CancellationToken stopping)
    {
        using var hash = IncrementalHash.CreateHash(file.Sha256 is null ? HashAlgorithmName.SHA1 : HashAlgorithmName.SHA256);
        if (file.Sha256 is null)
            hash.AppendData(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"blob {SizeOf(part)}\0")));
        var input = File.OpenRead(part);
        await using (input.ConfigureAwait(false))
        {
            var buffer = new byte[1 << 18];
            while (await input.ReadAsync(buffer, stopping).ConfigureAwait(false) is > 0 and var read)
                hash.AppendData(buffer, 0, read);
        }
        var (got, want) = (Convert.ToHexStringLower(hash.GetHashAndReset()), file.Sha256 ?? file.GitBlob);
        if (got == want)
            return;
        File.Delete(part);
        throw new HubException($"{name}: '{file.Path}' has the checksum {got}; expected {want}. The bytes were removed: run the same command again");
    }

    void CheckSpace(HubName name, HubCache cache, IReadOnlyList<HubFile> files)
    {
        var missing = files.Where(f => !File.Exists(Path.Combine(cache.Blobs, f.Sha256 ?? f.GitBlob ?? "-"))).Sum(f => (f.Bytes ?? 0) - Math.Min(f.Bytes ?? 0, SizeOf(Path.Combine(cache.Blobs, (f.Sha256 ?? f.GitBlob) + Incomplete))));
        var free = new DriveInfo(Path.GetFullPath(cache.Blobs)).AvailableFreeSpace;
        if (missing > free)
            throw new HubException($"{name}: {missing / 1e9:F1} GB are missing, and {free / 1e9:F1} GB are free where the cache is, {options.Cache}; make room, or set HF_HUB_CACHE or --cache");
    }

    static long SizeOf(string path) => File.Exists(path) && File.ResolveLinkTarget(path, returnFinalTarget: true) is FileInfo target ? target.Length : File.Exists(path) ? new FileInfo(path).Length : 0;

    public void Dispose() => request.Dispose();

    /// <summary>Adds up what all files have.</summary>
    sealed class Tally(IReadOnlyList<HubFile> files, IProgress<HubProgress>? progress)
    {
        readonly Lock gate = new();
        readonly Dictionary<string, long> there = [];
        int finished;
        long downloaded;

        public long Downloaded => Interlocked.Read(ref downloaded);

        public void Position(HubFile file, long bytes) => Change(() => there[file.Path] = bytes);
        public void Came(HubFile file, int bytes) => Change(() => (there[file.Path], downloaded) = (there[file.Path] + bytes, downloaded + bytes));
        public void Finished(HubFile file) => Change(() => (there[file.Path], finished) = (file.Bytes ?? there.GetValueOrDefault(file.Path), finished + 1));

        void Change(Action change)
        {
            lock (gate)
            {
                change();
                progress?.Report(new HubProgress(finished, files.Count, there.Values.Sum(), files.Sum(f => f.Bytes ?? 0), downloaded));
            }
        }
    }
}
