/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MTASCOPE_EVIDENCE_BAG_ARCHIVE_H
#define MTASCOPE_EVIDENCE_BAG_ARCHIVE_H

#include "evidence/bag.h"

/* The writer of archives for bag_new: a tar file, packed as the end of its name says. */
bag_archiver bag_archive_write;

#endif
