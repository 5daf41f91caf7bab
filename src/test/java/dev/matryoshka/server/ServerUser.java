/*
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
 * in compliance with the License. You may obtain a copy of the License at
 *
 *     http://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software distributed under the License
 * is distributed on an "AS IS" BASIS, WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express
 * or implied. See the License for the specific language governing permissions and limitations under
 * the License.
 */
package dev.matryoshka.server;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.GroupPrincipal;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.UserPrincipal;
import java.nio.file.attribute.UserPrincipalLookupService;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * The user a server runs as: whoever runs the harness, or the unprivileged {@code nobody} when that
 * is root, as whom Elasticsearch refuses to start.
 */
final class ServerUser {
  private static final String UNPRIVILEGED = "nobody";

  private final boolean switched;

  private ServerUser(boolean switched) {
    this.switched = switched;
  }

  static ServerUser current() {
    return new ServerUser("root".equals(System.getProperty("user.name")));
  }

  /** The command to run so that {@code command} runs as this user. */
  List<String> command(List<String> command) {
    if (switched == false) {
      return command;
    }
    List<String> wrapped = new ArrayList<>(switchCommand());
    wrapped.addAll(command);
    return wrapped;
  }

  /** Whether this user can enter a directory, which needs permission on everything above it. */
  boolean canReach(Path directory) throws IOException {
    if (switched == false) {
      return true;
    }
    for (Path path = directory.toRealPath(); path != null; path = path.getParent()) {
      if (Files.getPosixFilePermissions(path).contains(PosixFilePermission.OTHERS_EXECUTE)
          == false) {
        return false;
      }
    }
    return true;
  }

  /** Gives a directory and everything in it to this user. */
  void own(Path directory) throws IOException {
    if (switched == false) {
      return;
    }
    UserPrincipalLookupService lookup = directory.getFileSystem().getUserPrincipalLookupService();
    UserPrincipal user = lookup.lookupPrincipalByName(UNPRIVILEGED);
    GroupPrincipal group = lookup.lookupPrincipalByGroupName(groupName());
    Files.walkFileTree(
        directory,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            return give(file);
          }

          @Override
          public FileVisitResult postVisitDirectory(Path visited, IOException failure)
              throws IOException {
            return give(visited);
          }

          private FileVisitResult give(Path path) throws IOException {
            PosixFileAttributeView view =
                Files.getFileAttributeView(
                    path, PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
            view.setOwner(user);
            view.setGroup(group);
            return FileVisitResult.CONTINUE;
          }
        });
  }

  private static List<String> switchCommand() {
    if (onPath("setpriv")) {
      return List.of(
          "setpriv", "--reuid=" + UNPRIVILEGED, "--regid=" + groupName(), "--clear-groups", "--");
    }
    if (onPath("runuser")) {
      return List.of("runuser", "-u", UNPRIVILEGED, "--");
    }
    throw new ServerException(
        "Elasticsearch does not run as root, and neither setpriv nor runuser is installed to run it"
            + " as "
            + UNPRIVILEGED
            + "; run this as another user");
  }

  private static boolean onPath(String program) {
    return Stream.of(System.getenv("PATH").split(":"))
        .anyMatch(directory -> Files.isExecutable(Path.of(directory, program)));
  }

  /** Debian calls the group of nobody nogroup, others nobody. */
  private static String groupName() {
    try (Stream<String> groups = Files.lines(Path.of("/etc/group"))) {
      return groups.anyMatch(line -> line.startsWith("nogroup:")) ? "nogroup" : UNPRIVILEGED;
    } catch (IOException e) {
      throw new ServerException("cannot read the groups of this machine", e);
    }
  }
}
