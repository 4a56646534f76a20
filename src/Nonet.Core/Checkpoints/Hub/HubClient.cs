using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Nonet.Files;

namespace Nonet.Checkpoints.Hub;

/// <summary>Progress of a download.</summary>
/// <param name="Files">Number of requested files that are complete.</param>
/// <param name="AllFiles">Number of requested files.</param>
/// <param name="Bytes">Bytes that are present.</param>
/// <param name="AllBytes">Bytes of all requested files.</param>
/// <param name="Downloaded">Bytes downloaded so far.</param>
public readonly record struct HubProgress(int Files, int AllFiles, long Bytes, long AllBytes, long Downloaded);

/// <summary>A downloaded model.</summary>
/// <param name="Folder">Its folder, which can be opened as a model.</param>
/// <param name="Commit">Commit of the requested revision.</param>
/// <param name="Files">Its files.</param>
/// <param name="Bytes">Bytes of all files.</param>
/// <param name="Downloaded">Bytes downloaded.</param>
public sealed record PulledModel(string Folder, string Commit, IReadOnlyList<string> Files, long Bytes, long Downloaded);

/// <summary>
/// Downloads models from a hub (Hugging Face's protocol) to the local cache. Files are checked, interrupted downloads are resumed, and
/// nothing is downloaded twice.
/// </summary>
public sealed class HubClient(HubOptions options) : IDisposable
{
    const string Incomplete = ".incomplete";
    const int MostOfListing = 64 << 20;
    readonly HubRequest request = new(options);

    /// <summary>Folder of a model in the cache; null if it is not there. Uses no network.</summary>
    public static string? Find(HubName name, HubOptions options) => new HubCache(options.Cache, name).Find();

    /// <summary>Downloads missing files. Cancelling keeps what has been downloaded.</summary>
    /// <exception cref="HubException">The download failed. The message says why and what to do.</exception>
    public async Task<PulledModel> Pull(HubName name, HubSelection selection, IProgress<HubProgress>? progress = null, CancellationToken stopping = default)
    {
        var cache = new HubCache(options.Cache, name);
        if (options.Offline)
        {
            var found = cache.Find()
                ?? throw new HubException(
                $"{name}: not in the cache {options.Cache}, and HF_HUB_OFFLINE or --offline forbids using the network; pull it once without that");
            var there = Directory.GetFiles(found, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).ToArray();
            return new PulledModel(found, Path.GetFileName(found), [.. there.Select(f => Path.GetRelativePath(found, f))], there.Sum(SizeOf), 0);
        }
        var listing = await List(name, stopping).ConfigureAwait(false);
        var files = selection.Choose(listing.Files);
        if (files.Count == 0)
            throw new HubException(
                $"{name}: none of its {listing.Files.Count} files is of a kind that Nonet reads; select files with --include: "
                + $"{string.Join(", ", listing.Files.Take(20).Select(f => f.Path))}");
        foreach (var file in files)
        {
            if ((file.Sha256 ?? file.GitBlob) is null)
                throw new HubException($"{name}: the hub gives no checksum of '{HubListing.Shown(file.Path)}', so the download could not be verified");
            if (file.Bytes is null)
                throw new HubException($"{name}: the hub gives no size of '{HubListing.Shown(file.Path)}', so the download could be endless");
        }
        Directory.CreateDirectory(cache.Blobs);
        CheckSpace(name, cache, files);
        var tally = new Tally(files, progress);
        var bySum = files.GroupBy(file => (file.Sha256 ?? file.GitBlob)!, StringComparer.Ordinal);
        await Parallel.ForEachAsync(bySum.Select(g => g.ToArray()),
            new ParallelOptions { MaxDegreeOfParallelism = options.Parallel, CancellationToken = stopping },
            async (same, token) => await Bring(name, cache, listing.Commit, same, tally, token).ConfigureAwait(false)).ConfigureAwait(false);
        cache.Remember(listing.Commit);
        var folder = cache.Snapshot(listing.Commit);
        return new PulledModel(folder, listing.Commit, [.. files.Select(f => f.Path)], files.Sum(f => SizeOf(Path.Combine(folder, f.Path))), tally.Downloaded);
    }

    async Task<HubListing> List(HubName name, CancellationToken stopping)
    {
        var uri = options.AddressOf($"api/models/{name.Repository}/revision/{Uri.EscapeDataString(name.Revision)}?blobs=true");
        return await request.Patiently(name, async () =>
        {
            using var answer = await request.Get(uri, name, 0, stopping).ConfigureAwait(false);
            return HubListing.Parse(name, await ReadListing(answer, name, stopping).ConfigureAwait(false));
        }, () => 0, stopping).ConfigureAwait(false);
    }

    /// <summary>Reads the body of an answer, limited to the size of a listing of <see cref="HubListing.MostFiles"/> files.</summary>
    async Task<ReadOnlyMemory<byte>> ReadListing(HttpResponseMessage answer, HubName name, CancellationToken stopping)
    {
        using var body = await answer.Content.ReadAsStreamAsync(stopping).ConfigureAwait(false);
        using var content = new MemoryStream();
        var buffer = new byte[1 << 16];
        while (await request.Silent(token => body.ReadAsync(buffer, token).AsTask(), stopping).ConfigureAwait(false) is > 0 and var read)
        {
            if (content.Length + read > MostOfListing)
                throw new HubException($"{name}: the hub's answer is longer than {MostOfListing >> 20} MB; expected a list of files. Check HF_ENDPOINT");
            content.Write(buffer, 0, read);
        }
        return content.GetBuffer().AsMemory(0, (int)content.Length);
    }

    /// <summary>
    /// Downloads one content to the cache and links its files in the snapshot. Waits for another process that downloads the same content.
    /// </summary>
    async Task Bring(HubName name, HubCache cache, string commit, HubFile[] same, Tally tally, CancellationToken stopping)
    {
        var file = same[0];
        var sum = (file.Sha256 ?? file.GitBlob)!;
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
        foreach (var link in same)
        {
            cache.Link(commit, link.Path, blob);
            tally.Finished(link);
        }
    }

    /// <summary>Downloads the missing part of a file. Returns when the connection has delivered everything.</summary>
    async Task<bool> Download(HubName name, string commit, HubFile file, string part, Tally tally, CancellationToken stopping)
    {
        var uri = options.AddressOf($"{name.Repository}/resolve/{commit}/{string.Join('/', file.Path.Split('/').Select(Uri.EscapeDataString))}");
        var output = new FileStream(part, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read, 1 << 16);
        await using (output.ConfigureAwait(false))
        {
            var start = output.Length;
            if (start > file.Bytes)
                start = 0;
            if (start == file.Bytes && start > 0)
                return true;
            using var answer = await request.Get(uri, name, start, stopping).ConfigureAwait(false);
            if (answer.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable
                || (answer.StatusCode == HttpStatusCode.PartialContent && answer.Content.Headers.ContentRange?.From != start))
            {
                output.SetLength(0);
                throw new IOException($"'{file.Path}' has another length than the part that was kept");
            }
            if (answer.StatusCode != HttpStatusCode.PartialContent)
                start = 0; // the server sends the whole file
            output.SetLength(start);
            output.Seek(start, SeekOrigin.Begin);
            tally.Position(file, start);
            using var body = await answer.Content.ReadAsStreamAsync(stopping).ConfigureAwait(false);
            var buffer = new byte[1 << 16];
            while (await request.Silent(token => body.ReadAsync(buffer, token).AsTask(), stopping).ConfigureAwait(false) is > 0 and var read)
            {
                if (output.Position + read > file.Bytes)
                    throw new HubException($"{name}: '{file.Path}' is longer than the {file.Bytes} bytes that the hub announced");
                await output.WriteAsync(buffer.AsMemory(0, read), stopping).ConfigureAwait(false);
                tally.Came(file, read);
            }
            if (output.Position < file.Bytes)
                throw new IOException($"'{file.Path}' ended after {output.Position} of {file.Bytes} bytes");
            output.Flush(flushToDisk: true);
        }
        return true;
    }

    /// <summary>Throws, and removes the file, if its content is wrong.</summary>
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
        var missing = files.Where(f => !File.Exists(Path.Combine(cache.Blobs, f.Sha256 ?? f.GitBlob ?? "-")))
            .Sum(f => f.Bytes!.Value - Math.Min(f.Bytes!.Value, SizeOf(Path.Combine(cache.Blobs, (f.Sha256 ?? f.GitBlob) + Incomplete))));
        var free = new DriveInfo(Path.GetFullPath(cache.Blobs)).AvailableFreeSpace;
        if (missing > free)
            throw new HubException(
                $"{name}: the download takes {missing / 1e9:F1} GB, and {free / 1e9:F1} GB are free at the cache {options.Cache}; make room, or set "
                + $"HF_HUB_CACHE or "
                + $"--cache");
    }

    static long SizeOf(string path) =>
        File.Exists(path) && File.ResolveLinkTarget(path, returnFinalTarget: true) is FileInfo target ? target.Length : File.Exists(path)
        ? new FileInfo(path).Length : 0;

    /// <inheritdoc/>
    public void Dispose() => request.Dispose();

    /// <summary>Sums the progress of all files.</summary>
    sealed class Tally(IReadOnlyList<HubFile> files, IProgress<HubProgress>? progress)
    {
        readonly Lock gate = new();
        readonly Dictionary<string, long> there = [];
        readonly int count = files.Count;
        readonly long all = files.Sum(f => f.Bytes!.Value);
        int finished;
        long sum, downloaded;

        public long Downloaded => Interlocked.Read(ref downloaded);

        public void Position(HubFile file, long bytes) => Change(file, _ => bytes);
        public void Came(HubFile file, int bytes) => Change(file, before => before + bytes, came: bytes);
        public void Finished(HubFile file) => Change(file, _ => file.Bytes!.Value, ended: 1);

        void Change(HubFile file, Func<long, long> change, int came = 0, int ended = 0)
        {
            lock (gate)
            {
                var before = there.GetValueOrDefault(file.Path);
                var bytes = (there[file.Path] = change(before)) - before;
                (sum, downloaded, finished) = (sum + bytes, downloaded + came, finished + ended);
                progress?.Report(new HubProgress(finished, count, sum, all, downloaded));
            }
        }
    }
}
