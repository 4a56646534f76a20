using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Nonet.Server.Ranking;

/// <summary>Random texts that let somebody in. Only their digests are stored: 256 random bits need no salt and no slow hash.</summary>
static class Secret
{
    const int Bytes = 32;

    /// <summary>A new one, in the alphabet of URLs.</summary>
    public static string Create() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(Bytes));

    /// <summary>What is stored of one.</summary>
    public static string Digest(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));

    /// <summary>Whether a secret has a digest, in a time that does not depend on where they differ.</summary>
    public static bool Matches(string secret, string digest) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(Digest(secret)), Encoding.UTF8.GetBytes(digest));
}
